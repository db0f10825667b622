import type { LocalService } from '../../service.ts';
import type { ProvisionedStack, StackResource } from '../../template/provision.ts';
import { stackId } from '../../template/pseudo.ts';
import { ServiceError } from '../json-api.ts';
import { queryApi } from './query-api.ts';

export interface CloudFormation extends LocalService {
  /** Answers from now on for these stacks. */
  show(stacks: readonly ProvisionedStack[]): void;
}

const NAMESPACE = 'http://cloudformation.amazonaws.com/doc/2010-05-15/';

/** CloudFormation as a reader sees it once everything is deployed: stacks, their outputs, resources and exports. */
export function createCloudFormation(): CloudFormation {
  const created = new Date().toISOString();
  let shown: readonly ProvisionedStack[] = [];

  const stackNamed = (parameters: URLSearchParams): ProvisionedStack => {
    const name = parameters.get('StackName') ?? '';
    const stack = shown.find((each) => each.name === name || stackId(each.name) === name);
    if (stack) return stack;
    throw new ServiceError('ValidationError', `Stack with id ${name} does not exist`);
  };
  const resourcesOf = (parameters: URLSearchParams) => {
    const logicalId = parameters.get('LogicalResourceId');
    return stackNamed(parameters).resources.filter((each) => logicalId === null || each.logicalId === logicalId);
  };

  return {
    scopes: ['cloudformation'],
    provisions: {},
    show(stacks) {
      shown = stacks;
    },
    handle: queryApi(NAMESPACE, {
      DescribeStacks: (parameters) => ({
        Stacks: (parameters.has('StackName') ? [stackNamed(parameters)] : shown).map((each) => describe(each, created)),
      }),
      DescribeStackResources: (parameters) => ({
        StackResources: resourcesOf(parameters).map((resource) => ({
          StackName: stackNamed(parameters).name,
          StackId: stackId(stackNamed(parameters).name),
          Timestamp: created,
          ...summary(resource),
        })),
      }),
      ListStackResources: (parameters) => ({
        StackResourceSummaries: stackNamed(parameters).resources.map((resource) => ({
          LastUpdatedTimestamp: created,
          ...summary(resource),
        })),
      }),
      ListExports: () => ({
        Exports: shown.flatMap((stack) =>
          stack.outputs
            .filter((output) => output.exportName !== undefined)
            .map((output) => ({
              ExportingStackId: stackId(stack.name),
              Name: output.exportName,
              Value: output.value,
            })),
        ),
      }),
    }),
    close: async () => {},
  };
}

function describe(stack: ProvisionedStack, created: string) {
  return {
    StackId: stackId(stack.name),
    StackName: stack.name,
    CreationTime: created,
    StackStatus: 'CREATE_COMPLETE',
    DisableRollback: false,
    Outputs: stack.outputs.map((output) => ({
      OutputKey: output.key,
      OutputValue: output.value,
      Description: output.description,
      ExportName: output.exportName,
    })),
  };
}

function summary(resource: StackResource) {
  return {
    LogicalResourceId: resource.logicalId,
    PhysicalResourceId: resource.physicalId,
    ResourceType: resource.type,
    ResourceStatus: 'CREATE_COMPLETE',
  };
}
