import type { TagProps } from 'aws-cdk-lib';

/** The stage's tags, by which its cost can be seen, go on everything that takes tags; dashboards do in CloudFormation,
 *  but not yet in the schema that cfn-lint checks by, and they cost too little to be asked about. */
export const TAGS: TagProps = { excludeResourceTypes: ['AWS::CloudWatch::Dashboard'] };
