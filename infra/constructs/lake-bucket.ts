import { Aws, Duration } from 'aws-cdk-lib';
import { PolicyStatement, type Role } from 'aws-cdk-lib/aws-iam';
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  type LifecycleRule,
  ObjectOwnership,
  StorageClass,
} from 'aws-cdk-lib/aws-s3';
import { Construct, type IConstruct } from 'constructs';
import type { StageConfig } from '../config.ts';
import { resourceName } from '../names.ts';
import { acknowledge } from './acknowledge.ts';
import { removalPolicy } from './removal.ts';

/** Where Lambda puts failed batches of every event source mapping; the rest of the key is Lambda's too. */
const FAILED_BATCHES = 'aws/lambda/';
/** Where the process function puts payloads that no row can hold. */
const OVERSIZE = 'oversize/';
/** Where Athena puts results. */
const RESULTS = 'athena-results/';

/** The bucket of the lake: `tables/`, `errors/`, `oversize/`, `aws/lambda/` (failed batches) and `athena-results/`. */
export class LakeBucket extends Construct {
  readonly bucket: Bucket;
  readonly resultsLocation: string;
  readonly #name: string;

  constructor(scope: Construct, id: string, { config }: { readonly config: StageConfig }) {
    super(scope, id);
    // Bucket names are shared by all of AWS; account and region make this one ours.
    this.#name = resourceName(config.stage, `lake-${Aws.ACCOUNT_ID}-${Aws.REGION}`);
    this.bucket = new Bucket(this, 'Bucket', {
      bucketName: this.#name,
      encryption: BucketEncryption.S3_MANAGED,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      enforceSSL: true,
      minimumTLSVersion: 1.2,
      // Nothing writes other content over an object, so versions cost nothing until someone deletes by mistake.
      versioned: true,
      lifecycleRules: lifecycle(config),
      removalPolicy: removalPolicy(config),
    });
    this.resultsLocation = `s3://${this.bucket.bucketName}/${RESULTS}`;
    acknowledge(
      this.bucket,
      'S1',
      'Who reads the lake is for CloudTrail data events to tell, which name the identity and miss nothing; server ' +
        'access logs are delivered at best effort and are themselves objects to pay for, with every request.',
    );
  }

  /** Lets the process function keep payloads that are too large for a row. */
  grantKeepOversize(role: Role): void {
    role.addToPolicy(this.allowObjects(role, ['s3:PutObject'], OVERSIZE));
  }

  /** Lets an event source mapping save failed batches in the name of `role`. */
  grantSaveFailedBatches(role: Role): void {
    role.addToPolicy(new PolicyStatement({ actions: ['s3:ListBucket'], resources: [this.bucket.bucketArn] }));
    role.addToPolicy(this.allowObjects(role, ['s3:PutObject'], FAILED_BATCHES));
  }

  /** A statement for the objects of one folder. Their names are not known beforehand, so it ends in `*`; `holder`, whose
   *  policy takes the statement, has it acknowledged. */
  allowObjects(holder: IConstruct, actions: string[], folder: string): PolicyStatement {
    const arn = (partition: string, name: string) => `arn:${partition}:s3:::${name}/${folder}*`;
    const readable = this.#name.replace(Aws.ACCOUNT_ID, '<AWS::AccountId>').replace(Aws.REGION, '<AWS::Region>');
    acknowledge(
      holder,
      `IAM5[Resource::${arn('<AWS::Partition>', readable)}]`,
      `The names of objects under ${folder} are made when they are written; no other folder is covered.`,
    );
    return new PolicyStatement({ actions, resources: [arn(Aws.PARTITION, this.#name)] });
  }
}

/** Failed batches and oversize payloads are events that nothing else holds: they never expire. */
function lifecycle({ tablesColderAfterDays }: StageConfig): LifecycleRule[] {
  const colder = tablesColderAfterDays !== undefined && {
    id: 'colder-tables',
    prefix: 'tables/',
    transitions: [
      { storageClass: StorageClass.INFREQUENT_ACCESS, transitionAfter: Duration.days(tablesColderAfterDays) },
    ],
  };
  return [
    { id: 'abandoned-uploads', abortIncompleteMultipartUploadAfter: Duration.days(1) },
    { id: 'deleted-objects', noncurrentVersionExpiration: Duration.days(14), expiredObjectDeleteMarker: true },
    { id: 'query-results', prefix: RESULTS, expiration: Duration.days(7) },
    { id: 'delivery-errors', prefix: 'errors/', expiration: Duration.days(365) },
    ...(colder ? [colder] : []),
  ];
}
