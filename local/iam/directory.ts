import { LOCAL_ACCOUNT, LOCAL_REGION, type Provision, type Provisioned, type Resource } from '../service.ts';
import { physicalName } from '../template/names.ts';
import { credentialsOf } from './credentials.ts';
import { encryptionOf } from './encryption.ts';
import { MANAGED_POLICIES, managedPolicy } from './managed-policies.ts';
import { readPolicy, type Statement } from './policy.ts';
import { PolicyError } from './policy-error.ts';

/** A role of the template. */
export interface Role {
  readonly name: string;
  readonly arn: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly trust: readonly Statement[];
  readonly boundary: readonly Statement[] | undefined;
  /** Of all its policies, as they are made. */
  readonly statements: Statement[];
}

const ROOT_POLICY = {
  Version: '2012-10-17',
  Statement: {
    Effect: 'Allow',
    Principal: { AWS: `arn:aws:iam::${LOCAL_ACCOUNT}:root` },
    Action: 'kms:*',
    Resource: '*',
  },
};

/** All that the template says about who may do what: roles, policies and keys, made as CloudFormation makes them. */
export class Directory {
  readonly #roles = new Map<string, Role>();
  /** Access key → the role it is of. */
  readonly #byKey = new Map<string, Role>();
  readonly #managed = new Map<string, readonly Statement[]>();
  readonly #ofResources = new Map<string, Statement[]>();
  /** Resource → the key that encrypts it, as the template names it. */
  readonly #encryptedBy = new Map<string, string>();
  /** Name, ARN or alias of a key → its ARN. */
  readonly #keys = new Map<string, string>();

  readonly provisions: Readonly<Record<string, Provision>> = {
    'AWS::IAM::ManagedPolicy': (resource) => this.#makeManagedPolicy(resource),
    'AWS::IAM::Policy': (resource) => this.#makePolicy(resource, resource.properties.Roles ?? []),
    'AWS::IAM::Role': (resource) => this.#makeRole(resource),
    'AWS::IAM::RolePolicy': (resource) => this.#makePolicy(resource, [resource.properties.RoleName]),
    'AWS::KMS::Alias': (resource) => this.#makeAlias(resource),
    'AWS::KMS::Key': (resource) => this.#makeKey(resource),
    'AWS::Kinesis::ResourcePolicy': (resource) => {
      const { ResourceArn, ResourcePolicy } = resource.properties;
      return this.#makeResourcePolicy(resource, [ResourceArn], ResourcePolicy);
    },
    'AWS::S3::BucketPolicy': (resource) =>
      this.#makeResourcePolicy(resource, [`arn:aws:s3:::${resource.properties.Bucket}`]),
    'AWS::SNS::TopicPolicy': (resource) => this.#makeResourcePolicy(resource, resource.properties.Topics),
    'AWS::SQS::QueuePolicy': (resource) => {
      const names = resource.properties.Queues.map((url: string) => url.split('/').at(-1));
      const arns = names.map((name: string) => `arn:aws:sqs:${LOCAL_REGION}:${LOCAL_ACCOUNT}:${name}`);
      return this.#makeResourcePolicy(resource, arns);
    },
  };

  role(arn: string): Role | undefined {
    return this.#roles.get(arn);
  }

  roleOfKey(accessKeyId: string): Role | undefined {
    return this.#byKey.get(accessKeyId);
  }

  get roles(): Iterable<Role> {
    return this.#roles.values();
  }

  /** Statements of the policy of a resource itself. */
  ofResource(arn: string): readonly Statement[] {
    return this.#ofResources.get(wholeOf(arn)) ?? [];
  }

  /** The customer's key that encrypts a resource; undefined where there is none, or one that is not of the template. */
  keyOf(arn: string): string | undefined {
    const key = this.#encryptedBy.get(wholeOf(arn));
    return key === undefined ? undefined : this.keyArn(key);
  }

  /** Takes note of what a resource that is about to be made says about permissions. */
  see(resource: Resource): void {
    const encryption = encryptionOf(resource);
    if (encryption) this.#encryptedBy.set(encryption.arn, encryption.key);
    const { type, properties } = resource;
    const policy = type === 'AWS::DynamoDB::Table' ? properties.ResourcePolicy?.PolicyDocument : undefined;
    const table = `arn:aws:dynamodb:${LOCAL_REGION}:${LOCAL_ACCOUNT}:table/${properties.TableName}`;
    if (policy) this.#addResourcePolicy([table], policy, placeOf(resource));
  }

  /** Keys that encrypt something and are not of the template. */
  get foreignKeys(): readonly string[] {
    return [...new Set(this.#encryptedBy.values())].filter((key) => this.keyArn(key) === undefined);
  }

  /** ARN of a key by its id, ARN or alias; undefined for one that is not of the template. */
  keyArn(key: string): string | undefined {
    return this.#keys.get(key.replace(/^arn:[^:]+:kms:[^:]*:\d*:(?=alias\/)/, ''));
  }

  #makeRole(resource: Resource): Provisioned {
    const {
      RoleName,
      Path = '/',
      Tags = [],
      Policies = [],
      ManagedPolicyArns = [],
      PermissionsBoundary,
    } = resource.properties;
    const place = placeOf(resource);
    const name: string = RoleName ?? physicalName(resource.type, resource.stack, resource.logicalId);
    const arn = `arn:aws:iam::${LOCAL_ACCOUNT}:role${Path}${name}`;
    const inline = Policies.flatMap(({ PolicyName, PolicyDocument }: Resource['properties']) =>
      readPolicy(PolicyDocument, 'identity', `${place} ${PolicyName}`),
    );
    const managed = ManagedPolicyArns.flatMap((each: string) => this.#managedStatements(each, place));
    const role: Role = {
      name,
      arn,
      tags: Object.fromEntries(Tags.map(({ Key, Value }: Resource['properties']) => [Key, String(Value)])),
      trust: readPolicy(resource.properties.AssumeRolePolicyDocument, 'trust', `${place} AssumeRolePolicyDocument`),
      boundary: PermissionsBoundary && this.#managedStatements(PermissionsBoundary, place),
      statements: [...inline, ...managed],
    };
    this.#roles.set(arn, role);
    this.#byKey.set(credentialsOf(arn, name).accessKeyId, role);
    return { ref: name, attributes: { Arn: arn, RoleId: name } };
  }

  #managedStatements(arn: string, place: string): readonly Statement[] {
    const ours = this.#managed.get(arn);
    if (ours) return ours;
    const document = managedPolicy(arn);
    if (document) return readPolicy(document, 'identity', arn);
    const known = MANAGED_POLICIES.join(', ');
    throw new PolicyError(place, `the managed policy ${arn} is not known here; those of AWS that are: ${known}`);
  }

  #makePolicy(resource: Resource, roles: readonly string[]): Provisioned {
    const { PolicyName, PolicyDocument } = resource.properties;
    this.#attach(readPolicy(PolicyDocument, 'identity', placeOf(resource)), roles);
    return { ref: String(PolicyName ?? resource.logicalId), attributes: {} };
  }

  #makeManagedPolicy(resource: Resource): Provisioned {
    const { ManagedPolicyName, Path = '/', PolicyDocument, Roles = [] } = resource.properties;
    const name = ManagedPolicyName ?? physicalName(resource.type, resource.stack, resource.logicalId);
    const arn = `arn:aws:iam::${LOCAL_ACCOUNT}:policy${Path}${name}`;
    const statements = readPolicy(PolicyDocument, 'identity', placeOf(resource));
    this.#managed.set(arn, statements);
    this.#attach(statements, Roles);
    return { ref: arn, attributes: { PolicyArn: arn } };
  }

  /** Roles that are not of the template have policies that are not known either. */
  #attach(statements: readonly Statement[], roles: readonly string[]): void {
    for (const role of this.roles) if (roles.includes(role.name)) role.statements.push(...statements);
  }

  #makeResourcePolicy(
    resource: Resource,
    arns: readonly string[],
    document: unknown = resource.properties.PolicyDocument,
  ): Provisioned {
    this.#addResourcePolicy(arns, document, placeOf(resource));
    return { ref: resource.logicalId, attributes: { Id: resource.logicalId } };
  }

  #addResourcePolicy(arns: readonly string[], document: unknown, place: string): void {
    const statements = readPolicy(document, 'resource', place);
    for (const arn of arns) this.#ofResources.set(arn, [...(this.#ofResources.get(arn) ?? []), ...statements]);
  }

  /** Without a policy of its own a key leaves all to the roles, as when it is made by the API. */
  #makeKey(resource: Resource): Provisioned {
    const id = physicalName(resource.type, resource.stack, resource.logicalId);
    const arn = `arn:aws:kms:${LOCAL_REGION}:${LOCAL_ACCOUNT}:key/${id}`;
    this.#addResourcePolicy([arn], resource.properties.KeyPolicy ?? ROOT_POLICY, placeOf(resource));
    for (const name of [id, arn]) this.#keys.set(name, arn);
    return { ref: id, attributes: { Arn: arn, KeyId: id } };
  }

  #makeAlias({ properties: { AliasName, TargetKeyId } }: Resource): Provisioned {
    const arn = this.keyArn(TargetKeyId);
    if (arn) this.#keys.set(AliasName, arn);
    return { ref: AliasName, attributes: {} };
  }
}

/** The resource that has a policy or a key, of what is within: an object, an index, a consumer. */
const wholeOf = (arn: string): string =>
  /^(?:arn:aws:s3:::[^/]+|arn:aws:dynamodb:[^/]+\/[^/]+|arn:aws:kinesis:[^/]+\/[^/]+)/.exec(arn)?.[0] ?? arn;

const placeOf = ({ stack, logicalId }: Resource): string => `${stack} ${logicalId}`;
