import { CloudFormationClient, paginateDescribeStacks, type Stack } from '@aws-sdk/client-cloudformation';
import { CliError } from './errors.ts';
import type { Target } from './target.ts';

/** What the stacks of a stage say about themselves. */
export interface StageOutputs {
  readonly streamName: string;
  readonly bucketName: string;
  /** Glue database that holds the views. */
  readonly databaseName: string;
  readonly workgroupName: string;
  /** Bucket of the archive. */
  readonly archiveBucketName: string;
  /** Every part of every pipeline, by the pipelines' names and in the order of their hops. */
  readonly parts: readonly PartOutputs[];
}

/** A pipeline's part: what reads the events, or what lies behind a hop. */
export interface PartOutputs {
  /** The pipeline's, with `-hop-<n>` behind it for the part of that hop. */
  readonly name: string;
  readonly pipeline: string;
  readonly functionName: string;
  /** What the part reads. */
  readonly streamName: string;
  readonly logTableName: string;
}

/** Stacks that are no pipeline's. */
const SHARED = ['stream', 'lake', 'archive'];

/** Reads the outputs of a stage's stacks.
 *  @throws CliError when the stage is not there. */
export async function stageOutputs({ stage, client, label }: Target): Promise<StageOutputs> {
  const prefix = `millrace-${stage}-`;
  const cloudFormation = new CloudFormationClient(client);
  const stacks = new Map<string, Stack>();
  try {
    for await (const page of paginateDescribeStacks({ client: cloudFormation }, {})) {
      for (const stack of page.Stacks ?? []) {
        if (stack.StackName?.startsWith(prefix)) stacks.set(stack.StackName.slice(prefix.length), stack);
      }
    }
  } finally {
    cloudFormation.destroy();
  }
  if (stacks.size === 0)
    throw new CliError(`there is no stage '${stage}' at ${label}: deploy it with \`npm run deploy\``);

  const find = (part: string, key: string) =>
    stacks.get(part)?.Outputs?.find((each) => each.OutputKey === key)?.OutputValue;
  const output = (part: string, key: string): string => {
    const value = find(part, key);
    if (value !== undefined) return value;
    throw new CliError(`the stack ${prefix}${part} at ${label} has no output ${key}: deploy it again`);
  };
  const streamName = output('stream', 'StreamName');
  const partsOf = (pipeline: string): readonly PartOutputs[] => {
    const logTableName = output(pipeline, 'LogTableName');
    const own = { pipeline, logTableName };
    const parts = [{ ...own, name: pipeline, streamName, functionName: output(pipeline, 'FunctionName') }];
    for (let hop = 1; ; hop++) {
      const functionName = find(pipeline, `Hop${hop}FunctionName`);
      if (functionName === undefined) return parts;
      const name = `${pipeline}-hop-${hop}`;
      parts.push({ ...own, name, streamName: output(pipeline, `Hop${hop}StreamName`), functionName });
    }
  };
  const pipelines = [...stacks.keys()].filter((part) => !SHARED.includes(part)).sort();
  return {
    streamName,
    bucketName: output('lake', 'BucketName'),
    databaseName: output('lake', 'DatabaseName'),
    workgroupName: output('lake', 'WorkgroupName'),
    archiveBucketName: output('archive', 'BucketName'),
    parts: pipelines.flatMap(partsOf),
  };
}
