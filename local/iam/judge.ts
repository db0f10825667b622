import { LOCAL_ACCOUNT } from '../service.ts';
import { decide, type Grant } from './decide.ts';
import type { Denial } from './denial.ts';
import type { Directory, Role } from './directory.ts';
import { kmsNeeds } from './encryption.ts';
import type { Need } from './requests.ts';
import type { Holder } from './service-needs.ts';
import { roleValues, serviceValues } from './values.ts';

/** A permission of a role, and the first call that it let through. */
export interface RolePermission extends Grant {
  readonly role: string;
  /** Undefined: nothing has needed it so far. */
  readonly used: Pick<Need, 'action' | 'resource'> | undefined;
}

/** Holds calls against what the template says, and remembers which permissions were needed. */
export class Judge {
  readonly #directory: Directory;
  readonly #used = new Map<string, Need>();

  constructor(directory: Directory) {
    this.#directory = directory;
  }

  /** The first of the needs that a role is denied, and what of the keys that encrypt: undefined when it may do all. */
  denial(role: Role, session: string, needs: readonly Need[]): Denial | undefined {
    for (const need of needs.flatMap((each) => [each, ...this.#keyNeeds(each)])) {
      const because = this.#refuses(role, session, need);
      if (because !== undefined) return denialOf(role, session, need, because);
    }
    return undefined;
  }

  /** Why a service may not act in the name of a role. */
  trustDenial(role: Role, holder: Holder): Denial | undefined {
    const call = { action: 'sts:AssumeRole', resource: role.arn, values: serviceValues(holder) };
    const policies = { identity: [], boundary: undefined, resource: role.trust, needsResource: true };
    if (decide({ service: holder.service }, call, policies).allowed) return undefined;
    const { action, resource } = call;
    const because = `for ${holder.session} because no role trust policy allows the ${action} action`;
    const message = `${holder.service} is not authorized to perform: ${action} on resource: ${resource} ${because}`;
    return { role: role.name, action, resource, message };
  }

  /** What the roles' policies allow, action by action and resource by resource. */
  list(): readonly RolePermission[] {
    return [...this.#directory.roles].flatMap((role) =>
      grantsOf(role).map((grant) => ({ role: role.name, ...grant, used: this.#used.get(keyOf(role, grant)) })),
    );
  }

  #refuses(role: Role, session: string, need: Need): string | undefined {
    const { action, resource } = need;
    const caller = { roleArn: role.arn, sessionArn: sessionArn(role, session), account: LOCAL_ACCOUNT };
    const decision = decide(
      caller,
      { action, resource, values: roleValues(role, session, need) },
      {
        identity: role.statements,
        boundary: role.boundary,
        resource: this.#directory.ofResource(resource),
        needsResource: action.startsWith('kms:'),
      },
    );
    if (!decision.allowed) return decision.because;
    const key = decision.by && keyOf(role, decision.by);
    if (key !== undefined && !this.#used.has(key)) this.#used.set(key, need);
    return undefined;
  }

  #keyNeeds(need: Need): readonly Need[] {
    const key = this.#directory.keyOf(need.resource);
    return key === undefined ? [] : kmsNeeds(need, key);
  }
}

const keyOf = ({ name }: Role, { action, resource }: Grant): string => JSON.stringify([name, action, resource]);

const sessionArn = ({ name }: Role, session: string): string =>
  `arn:aws:sts::${LOCAL_ACCOUNT}:assumed-role/${name}/${session}`;

/** S3 puts the resource between quotes. */
function denialOf(role: Role, session: string, { action, resource }: Need, because: string): Denial {
  const shown = action.startsWith('s3:') ? `"${resource}"` : resource;
  const user = sessionArn(role, session);
  const message = `User: ${user} is not authorized to perform: ${action} on resource: ${shown} ${because}`;
  return { role: role.name, action, resource, message };
}

function grantsOf({ statements }: Role): readonly Grant[] {
  const texts = (patterns: readonly { readonly text: string }[]) => patterns.map(({ text }) => text);
  return statements
    .filter(({ effect, actions, resources }) => effect === 'Allow' && !actions.isNot && !resources.isNot)
    .flatMap(({ actions, resources }) =>
      texts(actions.patterns).flatMap((action) => texts(resources.patterns).map((resource) => ({ action, resource }))),
    );
}
