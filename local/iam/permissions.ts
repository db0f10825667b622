import type { IncomingMessage, ServerResponse } from 'node:http';
import { refuse } from '../faults/refusals.ts';
import { accessKeyId, securityToken } from '../route.ts';
import type { LocalService, Resource } from '../service.ts';
import { readBody, ServiceError, withBody } from '../services/json-api.ts';
import { isOwnKey, sessionOf } from './credentials.ts';
import { type Denial, refusalOf } from './denial.ts';
import { Directory, type Role } from './directory.ts';
import { Holders } from './holders.ts';
import { Judge, type RolePermission } from './judge.ts';
import { hideMissing, listNeed } from './missing.ts';
import { type Need, needsOf } from './requests.ts';
import type { Holder } from './service-needs.ts';

/** `enforce` refuses what the policies do not let through, `warn` lets it pass and tells of it. */
export type IamMode = 'enforce' | 'warn';

export interface PermissionOptions {
  readonly mode: IamMode;
  /** Takes one line for the person at the terminal. */
  readonly log: (line: string) => void;
  /** Hears of each denial, the first of each action of a role. */
  readonly onDenied?: ((denial: Denial) => void) | undefined;
}

/** IAM and KMS as far as they decide calls: what the template's roles, policies and keys say, held against each request
 *  that is signed with the credentials of a role. */
export interface Permissions extends LocalService {
  readonly observes: (resource: Resource) => void;
  /** The request to go on with; undefined when it has been refused. Requests by other keys than a role's are the
   *  developer's own, and pass. */
  admit(scope: string, request: IncomingMessage, response: ServerResponse): Promise<IncomingMessage | undefined>;
  /** Checks what the services do for themselves in the name of roles.
   *  @throws Error that names all that is denied, if it is not let pass. */
  verify(): void;
  /** What the roles' policies allow, and what of it has been needed so far. */
  list(): readonly RolePermission[];
}

export function createPermissions({ mode, log, onDenied }: PermissionOptions): Permissions {
  const directory = new Directory();
  const holders = new Holders();
  const judge = new Judge(directory);
  const told = new Set<string>();

  /** Tells of the first denial of each action of a role. */
  function tell(denial: Denial): void {
    const key = `${denial.role} ${denial.action}`;
    if (told.has(key)) return;
    told.add(key);
    log(`iam: ${mode === 'warn' ? 'would be denied' : 'denied'}: ${denial.message}`);
    onDenied?.(denial);
  }

  /** The role that a request is signed by, undefined for one that is not of the template, and the session. */
  function callerOf(key: string, token: string | undefined): { readonly role: Role | undefined; session: string } {
    const [role, session] = [directory.roleOfKey(key), sessionOf(token)];
    if (session !== undefined && (role || holders.roleArn(key))) return { role, session };
    const message = 'The security token included in the request is invalid.';
    throw new ServiceError('UnrecognizedClientException', message, 403);
  }

  function denialsOf(holder: Holder): readonly Denial[] {
    const role = directory.role(holder.roleArn);
    if (role) {
      const denied = holder.needs.map((need) => judge.denial(role, holder.session, [need]));
      return [judge.trustDenial(role, holder), ...denied].filter((each) => each !== undefined);
    }
    log(`iam: the template has no role ${holder.roleArn}: what ${holder.session} does is not checked`);
    return [];
  }

  return {
    scopes: [],
    provisions: directory.provisions,
    observes(resource) {
      directory.see(resource);
      holders.see(resource);
    },
    handle: (_request, response) => void response.writeHead(404).end(),
    close: async () => {},

    async admit(scope, request, response) {
      const key = accessKeyId(request);
      if (key === undefined || !isOwnKey(key)) return request;
      const { role, session } = callerOf(key, securityToken(request));
      if (!role) return request;
      // The head of S3's requests tells all, but for calls that name many objects.
      const isRead = scope !== 's3' || request.method === 'POST';
      const body = isRead ? await readBody(request) : Buffer.alloc(0);
      const admitted = isRead ? withBody(request, body) : request;
      const needs = needsOf(scope, request, body);
      const denied = (all: readonly Need[]) => {
        const denial = judge.denial(role, session, all);
        if (denial) tell(denial);
        return denial;
      };
      const list = listNeed(needs);
      if (list && mode === 'enforce') hideMissing(response, () => denied([list])?.message);
      const denial = denied(needs);
      if (!denial || mode === 'warn') return admitted;
      await refuse(scope, refusalOf(scope, denial), admitted, response);
      return undefined;
    },

    verify() {
      for (const key of directory.foreignKeys) {
        log(`iam: the template has no key ${key}: who may use it is not checked`);
      }
      const denials = holders.all.flatMap(denialsOf);
      for (const denial of denials) tell(denial);
      if (mode === 'warn' || denials.length === 0) return;
      const messages = [...new Set(denials.map(({ message }) => message))];
      throw new Error(['IAM denies what the stack needs:', ...messages].join('\n  '));
    },

    list: () => judge.list(),
  };
}
