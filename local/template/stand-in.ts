import { LOCAL_ACCOUNT, LOCAL_REGION } from '../service.ts';
import { physicalName } from './names.ts';

/** A resource as intrinsics see it. */
export interface Made {
  readonly ref: string;
  /** undefined when the resource has no such attribute. */
  attribute(name: string): string | undefined;
}

/** ARNs that are not `arn:aws:<service>:<region>:<account>:<name>`. */
const ARNS: Readonly<Record<string, (name: string) => string>> = {
  'AWS::Events::Rule': (name) => regional('events', `rule/${name}`),
  'AWS::IAM::ManagedPolicy': (name) => `arn:aws:iam::${LOCAL_ACCOUNT}:policy/${name}`,
  'AWS::IAM::Role': (name) => `arn:aws:iam::${LOCAL_ACCOUNT}:role/${name}`,
  'AWS::KMS::Key': (name) => regional('kms', `key/${name}`),
};

/** Types whose `Ref` is their ARN. */
const REF_IS_ARN = new Set(['AWS::IAM::ManagedPolicy', 'AWS::SNS::Topic']);

/** Stands for a resource that no service here makes: attributes that end in `Arn` look like its ARN, all others are its
 *  name, so that what refers to it can be made. `name` is what the template calls it, if it does. */
export function standIn(type: string, stack: string, logicalId: string, name: string | undefined): Made {
  const ownName = name ?? physicalName(type, stack, logicalId);
  const service = (type.split('::')[1] ?? '').toLowerCase();
  const arn = ARNS[type]?.(ownName) ?? regional(service, ownName);
  return {
    ref: REF_IS_ARN.has(type) ? arn : ownName,
    attribute: (attribute) => (attribute.endsWith('Arn') ? arn : ownName),
  };
}

function regional(service: string, rest: string): string {
  return `arn:aws:${service}:${LOCAL_REGION}:${LOCAL_ACCOUNT}:${rest}`;
}
