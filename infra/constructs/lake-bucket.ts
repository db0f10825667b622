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
import { ENTRY_TTL_MS } from '../../core/ports.ts';
import type { StageConfig } from '../config.ts';
import { resourceName } from '../names.ts';
import { acknowledge } from './acknowledge.ts';
import { removalPolicy } from './removal.ts';

/** Where Lambda puts failed batches of every event source mapping; the rest of the key is Lambda's too. */
const FAILED_BATCHES = 'aws/lambda/';
/** Where process functions put what is too large for a row or an item of the log, each under its pipeline's name:
 *  payloads of quarantined records, records that wait for a redrive, entries of the log, and the states of shards. */
const OVERSIZE = 'oversize/';
const PARKED = 'parked/';
const SPILL = 'spill/';
const SNAPSHOTS = 'snapshots/';
/** Where Athena puts results. */
const RESULTS = 'athena-results/';

/** Days for which an entry stays in the log. */
const ENTRY_DAYS = ENTRY_TTL_MS / Duration.days(1).toMilliseconds();
/** DynamoDB deletes what has expired within a few days, so an entry can be met for longer than its time:
 *  https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/TTL.html */
const SLACK_DAYS = 5;

/** The bucket of the lake: `tables/`, `errors/`, `oversize/`, `parked/`, `spill/`, `snapshots/`, `aws/lambda/` (failed
 *  batches) and `athena-results/`. */
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

  /** Lets a pipeline's function keep what is too large for a row or an item, and read again what it needs itself: the
   *  quarantined payloads are for people. */
  grantKeep(role: Role, pipeline: string): void {
    role.addToPolicy(this.allowObjects(role, ['s3:PutObject'], `${OVERSIZE}${pipeline}/`));
    for (const folder of [PARKED, SPILL, SNAPSHOTS]) {
      role.addToPolicy(this.allowObjects(role, ['s3:GetObject', 's3:PutObject'], `${folder}${pipeline}/`));
    }
    role.addToPolicy(this.#allowList());
  }

  /** Lets an event source mapping save failed batches in the name of `role`. */
  grantSaveFailedBatches(role: Role): void {
    role.addToPolicy(this.#allowList());
    role.addToPolicy(this.allowObjects(role, ['s3:PutObject'], FAILED_BATCHES));
  }

  /** Lambda asks for this where it saves failed batches, and S3 asks for it before it says that there is no such object:
   *  without it a missing object is answered by 403 as a denied one is, and is taken for a fault
   *  (https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html). For the whole bucket, as Lambda's guide has
   *  it; a statement for single folders beside it would take nothing away. Names hold no payload. */
  #allowList(): PolicyStatement {
    return new PolicyStatement({ actions: ['s3:ListBucket'], resources: [this.bucket.bucketArn] });
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

/** Failed batches, oversize payloads and parked records are events that nothing else holds: they never expire. What
 *  entries of the log point to outlives them; the last entry may point to a snapshot as old as entries get. */
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
    { id: 'spilled-entries', prefix: SPILL, expiration: Duration.days(ENTRY_DAYS + SLACK_DAYS) },
    { id: 'snapshots', prefix: SNAPSHOTS, expiration: Duration.days(2 * ENTRY_DAYS + SLACK_DAYS) },
    ...(colder ? [colder] : []),
  ];
}
