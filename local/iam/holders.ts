import type { Resource } from '../service.ts';
import { credentialsOf } from './credentials.ts';
import { type Holder, holdersOf, mappingNeeds } from './service-needs.ts';

/** Who acts in the name of roles, by what they sign with. */
export class Holders {
  readonly #all: Holder[] = [];
  /** Access key → the role it is of. */
  readonly #roles = new Map<string, string>();

  get all(): readonly Holder[] {
    return this.#all;
  }

  /** ARN of the role that an access key is of. */
  roleArn(accessKeyId: string): string | undefined {
    return this.#roles.get(accessKeyId);
  }

  /** Takes note of who acts once a resource is made. */
  see(resource: Resource): void {
    const mapping = resource.type === 'AWS::Lambda::EventSourceMapping' ? this.#mappingHolder(resource) : undefined;
    for (const holder of [...holdersOf(resource), ...(mapping ? [mapping] : [])]) {
      this.#all.push(holder);
      this.#roles.set(credentialsOf(holder.roleArn, holder.session).accessKeyId, holder.roleArn);
    }
  }

  /** A mapping acts in the name of its function's role. */
  #mappingHolder(resource: Resource): Holder | undefined {
    const [, name] = /^(?:.*:function:)?([^:]+)/.exec(String(resource.properties.FunctionName)) ?? [];
    const of = this.#all.find(({ service, session }) => service === 'lambda.amazonaws.com' && session === name);
    return of && { ...of, needs: mappingNeeds(resource) };
  }
}
