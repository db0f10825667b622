import {
  CloudFormationClient,
  DescribeStackResourcesCommand,
  DescribeStacksCommand,
  ListExportsCommand,
  ListStackResourcesCommand,
} from '@aws-sdk/client-cloudformation';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Gateway, openGateway } from '../../local/gateway.ts';
import { createCloudFormation } from '../../local/services/cloudformation/cloudformation.ts';
import { toXml } from '../../local/services/cloudformation/query-api.ts';
import type { ProvisionedStack } from '../../local/template/provision.ts';
import { stackId } from '../../local/template/pseudo.ts';

const STACKS: readonly ProvisionedStack[] = [
  {
    name: 'millrace-dev-lake',
    resources: [
      { logicalId: 'Bucket', physicalId: 'the-bucket', type: 'AWS::S3::Bucket', emulated: true },
      { logicalId: 'Role', physicalId: 'the-role', type: 'AWS::IAM::Role', emulated: false },
    ],
    outputs: [
      { key: 'Note', value: `a <b> & "c"`, description: undefined, exportName: undefined },
      { key: 'BucketName', value: 'the-bucket', description: 'where <rows> go', exportName: 'lake:Bucket' },
    ],
  },
  { name: 'millrace-dev-empty', resources: [], outputs: [] },
];

describe('CloudFormation', () => {
  let gateway: Gateway;
  let client: CloudFormationClient;

  beforeAll(async () => {
    gateway = await openGateway(0);
    const cloudFormation = createCloudFormation();
    cloudFormation.show(STACKS);
    gateway.serve([cloudFormation]);
    const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
    client = new CloudFormationClient({ endpoint: gateway.endpoint, region: 'us-east-1', credentials, maxAttempts: 1 });
  });
  afterAll(async () => {
    client.destroy();
    await gateway.close();
  });

  it('describes every stack, or one by name or id', async () => {
    const names = async (StackName?: string) =>
      (await client.send(new DescribeStacksCommand({ StackName }))).Stacks?.map((stack) => stack.StackName);
    expect(await names()).toEqual(['millrace-dev-lake', 'millrace-dev-empty']);
    expect(await names('millrace-dev-lake')).toEqual(['millrace-dev-lake']);
    expect(await names(stackId('millrace-dev-empty'))).toEqual(['millrace-dev-empty']);
  });

  it('gives outputs as they are', async () => {
    const { Stacks } = await client.send(new DescribeStacksCommand({ StackName: 'millrace-dev-lake' }));
    expect(Stacks?.[0]).toMatchObject({ StackStatus: 'CREATE_COMPLETE', CreationTime: expect.any(Date) });
    expect(Stacks?.[0]?.Outputs).toEqual([
      { OutputKey: 'Note', OutputValue: 'a <b> & "c"' },
      { OutputKey: 'BucketName', OutputValue: 'the-bucket', Description: 'where <rows> go', ExportName: 'lake:Bucket' },
    ]);
  });

  it('lists resources and exports', async () => {
    const { StackResourceSummaries } = await client.send(
      new ListStackResourcesCommand({ StackName: 'millrace-dev-lake' }),
    );
    expect(StackResourceSummaries).toMatchObject([
      { LogicalResourceId: 'Bucket', PhysicalResourceId: 'the-bucket', ResourceType: 'AWS::S3::Bucket' },
      { LogicalResourceId: 'Role', PhysicalResourceId: 'the-role', ResourceType: 'AWS::IAM::Role' },
    ]);
    const { StackResources } = await client.send(
      new DescribeStackResourcesCommand({ StackName: 'millrace-dev-lake', LogicalResourceId: 'Role' }),
    );
    expect(StackResources).toMatchObject([{ StackName: 'millrace-dev-lake', PhysicalResourceId: 'the-role' }]);
    expect((await client.send(new ListExportsCommand())).Exports).toEqual([
      { ExportingStackId: stackId('millrace-dev-lake'), Name: 'lake:Bucket', Value: 'the-bucket' },
    ]);
  });

  it('says that a stack does not exist as CloudFormation does', async () => {
    await expect(client.send(new DescribeStacksCommand({ StackName: 'other' }))).rejects.toMatchObject({
      name: 'ValidationError',
      message: 'Stack with id other does not exist',
    });
  });
});

describe('toXml', () => {
  it('escapes text, wraps list items and leaves out what is undefined', () => {
    expect(toXml({ A: ['<', { B: 1, C: undefined }], D: false })).toBe(
      '<A><member>&lt;</member><member><B>1</B></member></A><D>false</D>',
    );
  });
});
