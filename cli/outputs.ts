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
  readonly pipelines: readonly PipelineOutputs[];
}

export interface PipelineOutputs {
  readonly name: string;
  readonly functionName: string;
  readonly logTableName: string;
}

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

  const output = (part: string, key: string): string => {
    const value = stacks.get(part)?.Outputs?.find((each) => each.OutputKey === key)?.OutputValue;
    if (value !== undefined) return value;
    throw new CliError(`the stack ${prefix}${part} at ${label} has no output ${key}: deploy it again`);
  };
  const pipelines = [...stacks.keys()].filter((part) => part !== 'stream' && part !== 'lake').sort();
  return {
    streamName: output('stream', 'StreamName'),
    bucketName: output('lake', 'BucketName'),
    databaseName: output('lake', 'DatabaseName'),
    workgroupName: output('lake', 'WorkgroupName'),
    pipelines: pipelines.map((name) => ({
      name,
      functionName: output(name, 'FunctionName'),
      logTableName: output(name, 'LogTableName'),
    })),
  };
}
