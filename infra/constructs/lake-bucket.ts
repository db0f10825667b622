import { Duration } from 'aws-cdk-lib';
import type { PolicyStatement, Role } from 'aws-cdk-lib/aws-iam';
import { type Bucket, type LifecycleRule, StorageClass } from 'aws-cdk-lib/aws-s3';
import { Construct, type IConstruct } from 'constructs';
import { ENTRY_TTL_MS } from '../../core/ports.ts';
import type { StageConfig } from '../config.ts';
import { PrivateBucket } from './private-bucket.ts';

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
  readonly #private: PrivateBucket;

  constructor(scope: Construct, id: string, { config }: { readonly config: StageConfig }) {
    super(scope, id);
    this.#private = new PrivateBucket(this, config, 'lake', lifecycle(config));
    this.bucket = this.#private.bucket;
    this.resultsLocation = `s3://${this.bucket.bucketName}/${RESULTS}`;
  }

  /** Lets a pipeline's function keep what is too large for a row or an item, and read again what it needs itself: the
   *  quarantined payloads are for people. */
  grantKeep(role: Role, pipeline: string): void {
    role.addToPolicy(this.allowObjects(role, ['s3:PutObject'], `${OVERSIZE}${pipeline}/`));
    for (const folder of [PARKED, SPILL, SNAPSHOTS]) {
      role.addToPolicy(this.allowObjects(role, ['s3:GetObject', 's3:PutObject'], `${folder}${pipeline}/`));
    }
    role.addToPolicy(this.#private.allowList());
  }

  /** Lets an event source mapping save failed batches in the name of `role`. Lambda asks to list the bucket too. */
  grantSaveFailedBatches(role: Role): void {
    role.addToPolicy(this.#private.allowList());
    role.addToPolicy(this.allowObjects(role, ['s3:PutObject'], FAILED_BATCHES));
  }

  /** A statement for the objects of one folder: see `PrivateBucket`. */
  allowObjects(holder: IConstruct, actions: string[], folder: string): PolicyStatement {
    return this.#private.allowObjects(holder, actions, folder);
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
