import { Aws } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { BlockPublicAccess, Bucket, BucketEncryption, type LifecycleRule, ObjectOwnership } from 'aws-cdk-lib/aws-s3';
import type { Construct, IConstruct } from 'constructs';
import type { StageConfig } from '../config.ts';
import { resourceName } from '../names.ts';
import { acknowledge } from './acknowledge.ts';
import { removalPolicy } from './removal.ts';

/** A bucket that nobody outside the account sees, encrypted, over TLS only, with versions. */
export class PrivateBucket {
  readonly bucket: Bucket;
  readonly #name: string;

  /** `part` is the last part of the name but account and region. */
  constructor(scope: Construct, config: StageConfig, part: string, lifecycleRules: LifecycleRule[]) {
    // Bucket names are shared by all of AWS; account and region make this one ours.
    this.#name = resourceName(config.stage, `${part}-${Aws.ACCOUNT_ID}-${Aws.REGION}`);
    this.bucket = new Bucket(scope, 'Bucket', {
      bucketName: this.#name,
      encryption: BucketEncryption.S3_MANAGED,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      enforceSSL: true,
      minimumTLSVersion: 1.2,
      // Nothing writes other content over an object that it has to keep, so versions cost little until someone deletes by
      // mistake.
      versioned: true,
      lifecycleRules,
      removalPolicy: removalPolicy(config),
    });
    acknowledge(
      this.bucket,
      'S1',
      'Who reads the bucket is for CloudTrail data events to tell, which name the identity and miss nothing; server ' +
        'access logs are delivered at best effort and are themselves objects to pay for, with every request.',
    );
  }

  /** Lets the bucket's objects be listed. S3 asks for it before it says that there is no such object: without it a missing
   *  object is answered by 403 as a denied one is, and is taken for a fault
   *  (https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html). For the whole bucket; a statement for single
   *  folders beside it would take nothing away. Names hold no payload. */
  allowList(): PolicyStatement {
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
