import { Directory } from '../../local/iam/directory.ts';
import { Holders } from '../../local/iam/holders.ts';
import { LOCAL_ACCOUNT, LOCAL_REGION, type LocalService, type Resource } from '../../local/service.ts';
import { readAssembly } from '../../local/template/assembly.ts';
import { provisionStacks } from '../../local/template/provision.ts';

const arn = (service: string, rest: string) => `arn:aws:${service}:${LOCAL_REGION}:${LOCAL_ACCOUNT}:${rest}`;

/** Resources as far as policies name them. */
const named = (property: string, arnOf: (name: string) => string): LocalService['provisions'][string] => {
  return ({ properties, logicalId }: Resource) => {
    const name = String(properties[property] ?? logicalId);
    return { ref: name, attributes: { Arn: arnOf(name), Name: name } };
  };
};
const provisions: LocalService['provisions'] = {
  'AWS::DynamoDB::Table': named('TableName', (name) => arn('dynamodb', `table/${name}`)),
  'AWS::Glue::Database': ({ properties }) => ({ ref: properties.DatabaseInput.Name, attributes: {} }),
  'AWS::Glue::Table': ({ properties }) => ({ ref: properties.TableInput.Name, attributes: {} }),
  'AWS::Kinesis::Stream': named('Name', (name) => arn('kinesis', `stream/${name}`)),
  'AWS::KinesisFirehose::DeliveryStream': named('DeliveryStreamName', (name) =>
    arn('firehose', `deliverystream/${name}`),
  ),
  'AWS::Lambda::EventSourceMapping': named('Id', (name) => arn('lambda', `event-source-mapping:${name}`)),
  'AWS::Lambda::Function': named('FunctionName', (name) => arn('lambda', `function:${name}`)),
  'AWS::Logs::LogGroup': named('LogGroupName', (name) => arn('logs', `log-group:${name}:*`)),
  'AWS::S3::Bucket': named('BucketName', (name) => `arn:aws:s3:::${name}`),
  'AWS::SNS::Topic': ({ properties }) => ({ ref: arn('sns', properties.TopicName), attributes: {} }),
  'AWS::Scheduler::Schedule': named('Name', (name) => arn('scheduler', `schedule/default/${name}`)),
};

/** The roles of a synthesised stage, and who acts in their name. */
export async function rolesOf(assembly: string) {
  const directory = new Directory();
  const holders = new Holders();
  const service = {
    provisions: { ...provisions, ...directory.provisions },
    observes: (resource: Resource) => {
      directory.see(resource);
      holders.see(resource);
    },
  };
  await provisionStacks(readAssembly(assembly).stacks, [service]);
  return { directory, roles: [...directory.roles], holders: holders.all };
}
