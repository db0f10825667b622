// biome-ignore-all lint/suspicious/noTemplateCurlyInString: that is how Fn::Sub is written
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Provision, Resource } from '../../local/service.ts';
import { readAssembly } from '../../local/template/assembly.ts';
import { NO_VALUE, resolve, type Scope } from '../../local/template/intrinsics.ts';
import { physicalName } from '../../local/template/names.ts';
import { inDependencyOrder } from '../../local/template/order.ts';
import { notEmulated, provisionStacks } from '../../local/template/provision.ts';
import { needsOf, referencesIn } from '../../local/template/references.ts';
import type { Template } from '../../local/template/template.ts';

const scope: Scope = {
  region: 'us-east-1',
  ref: (name) => (name === 'AWS::NoValue' ? NO_VALUE : name === 'List' ? ['x', 'y'] : `ref:${name}`),
  attribute: (id, attribute) => `${id}/${attribute}`,
  condition: (name) => name === 'Yes',
  mapping: (name) => (name === 'Map' ? { a: { b: ['deep'] } } : undefined),
  importValue: (name) => `import:${name}`,
};

describe('intrinsics', () => {
  it.each<[string, unknown, unknown]>([
    ['plain values stay', { a: [1, true, null, 's'] }, { a: [1, true, null, 's'] }],
    ['Ref', { Ref: 'R' }, 'ref:R'],
    ['Fn::GetAtt as a list', { 'Fn::GetAtt': ['R', 'Arn'] }, 'R/Arn'],
    ['Fn::GetAtt as text', { 'Fn::GetAtt': 'R.Endpoint.Port' }, 'R/Endpoint.Port'],
    ['Fn::Join', { 'Fn::Join': ['-', ['a', { Ref: 'R' }, 3]] }, 'a-ref:R-3'],
    ['Fn::Join of a list that is itself a reference', { 'Fn::Join': [',', { Ref: 'List' }] }, 'x,y'],
    ['Fn::Join without NoValue', { 'Fn::Join': ['', ['a', { Ref: 'AWS::NoValue' }, 'b']] }, 'ab'],
    ['Fn::Sub', { 'Fn::Sub': '${A}:${B.Arn}:${!C}' }, 'ref:A:B/Arn:${C}'],
    ['Fn::Sub with variables', { 'Fn::Sub': ['${v}/${A}', { v: { Ref: 'V' } }] }, 'ref:V/ref:A'],
    ['Fn::Select', { 'Fn::Select': ['1', ['a', 'b']] }, 'b'],
    ['Fn::Split', { 'Fn::Split': [':', 'a:b:c'] }, ['a', 'b', 'c']],
    ['Fn::Select of Fn::Split', { 'Fn::Select': [5, { 'Fn::Split': [':', 'a:b:c:d:e:f/g'] }] }, 'f/g'],
    ['Fn::ImportValue', { 'Fn::ImportValue': { 'Fn::Sub': 'x-${R}' } }, 'import:x-ref:R'],
    ['Fn::If', { 'Fn::If': ['Yes', 'then', { Ref: 'AWS::NoValue' }] }, 'then'],
    ['Fn::If to nothing', { a: { 'Fn::If': ['No', 'then', { Ref: 'AWS::NoValue' }] }, b: 1 }, { b: 1 }],
    ['NoValue in a list', [1, { Ref: 'AWS::NoValue' }, 2], [1, 2]],
    ['Fn::Equals', { 'Fn::Equals': ['ref:R', { Ref: 'R' }] }, true],
    ['Fn::And', { 'Fn::And': [{ Condition: 'Yes' }, { 'Fn::Not': [{ Condition: 'No' }] }] }, true],
    ['Fn::Or', { 'Fn::Or': [{ Condition: 'No' }, { 'Fn::Equals': ['a', 'b'] }] }, false],
    ['Fn::FindInMap', { 'Fn::FindInMap': ['Map', 'a', 'b'] }, ['deep']],
    ['Fn::Base64', { 'Fn::Base64': 'hello' }, 'aGVsbG8='],
    ['Fn::GetAZs', { 'Fn::GetAZs': '' }, ['us-east-1a', 'us-east-1b', 'us-east-1c']],
    [
      "a policy's Condition is no intrinsic",
      { Condition: { StringEquals: { a: 'b' } } },
      { Condition: { StringEquals: { a: 'b' } } },
    ],
  ])('resolves: %s', (_name, value, expected) => {
    expect(resolve(value, scope, 'x')).toEqual(expected);
  });

  it.each<[unknown, RegExp]>([
    [{ a: [{ 'Fn::Cidr': [] }] }, /^stack\.a\[0\]: the intrinsic Fn::Cidr is not known here/],
    [{ 'Fn::Transform': {}, other: 1 }, /Fn::Transform must be the only key/],
    [{ 'Fn::Join': ['only one'] }, /stack\.Fn::Join: expected a list of 2/],
    [{ 'Fn::Join': ['', [{ a: 1 }]] }, /expected text, found \{"a":1\}/],
    [{ 'Fn::Select': [2, ['a']] }, /no item 2 in a list of 1/],
    [{ 'Fn::FindInMap': ['Map', 'a', 'z'] }, /nothing at Map\.a\.z/],
    [{ p: '{{resolve:ssm:name}}' }, /stack\.p: dynamic references/],
    [{ 'Fn::And': ['text'] }, /expected a condition/],
  ])('refuses %j, saying where', (value, message) => {
    expect(() => resolve(value, scope, 'stack')).toThrow(message);
  });
});

describe('dependencies', () => {
  it('finds references wherever they stand', () => {
    const value = [
      { Ref: 'A' },
      { 'Fn::GetAtt': ['B', 'x'] },
      { d: { 'Fn::Sub': ['${C.Arn}${v}${!no}', { v: { Ref: 'D' } }] } },
    ];
    expect([...referencesIn(value)].sort()).toEqual(['A', 'B', 'C', 'D']);
    expect([...needsOf({ Type: 'T', DependsOn: ['X'], Properties: { 'Fn::GetAtt': 'Y.Arn' } })]).toEqual(['X', 'Y']);
  });

  it('puts each after what it needs and keeps the order otherwise', () => {
    const needs: Record<string, string[]> = { a: ['c'], b: [], c: ['d', 'elsewhere'], d: [] };
    expect(inDependencyOrder(['a', 'b', 'c', 'd'], (id) => needs[id] ?? [])).toEqual(['d', 'c', 'a', 'b']);
  });

  it('names a circle', () => {
    const needs: Record<string, string[]> = { a: ['b'], b: ['c'], c: ['b'] };
    expect(() => inDependencyOrder(['a', 'b', 'c'], (id) => needs[id] ?? [])).toThrow('circular dependency: b → c → b');
  });
});

describe('physical names', () => {
  it('fit the service, differ, and are the same every time', () => {
    const name = physicalName('AWS::S3::Bucket', 'millrace-dev-lake', `Lake${'X'.repeat(80)}`);
    expect(name).toMatch(/^[a-z0-9-]{63}$/);
    expect(physicalName('AWS::S3::Bucket', 'millrace-dev-lake', `Lake${'X'.repeat(80)}`)).toBe(name);
    expect(physicalName('AWS::S3::Bucket', 'millrace-dev-lake', `Lake${'X'.repeat(81)}`)).not.toBe(name);
  });
});

/** Records what it is asked to make; a resource's name is its Ref. */
function recorder(types: readonly string[]) {
  const made: Resource[] = [];
  const provision: Provision = (resource) => {
    made.push(resource);
    const ref = String(resource.properties.Name ?? resource.properties.TableName ?? resource.logicalId);
    return { ref, attributes: { Arn: `arn:${ref}` } };
  };
  return { made, service: { provisions: Object.fromEntries(types.map((type) => [type, provision])) } };
}

const run = (templates: Record<string, Template>, types: readonly string[]) => {
  const { made, service } = recorder(types);
  const stacks = Object.entries(templates).map(([name, template]) => ({ name, template }));
  return provisionStacks(stacks, [service]).then((provisioned) => ({ made, provisioned }));
};

describe('provisionStacks', () => {
  it('makes resources in order, names the unnamed, and carries exports to the next stack', async () => {
    const { made, provisioned } = await run(
      {
        first: {
          Resources: {
            Mapping: { Type: 'AWS::Lambda::EventSourceMapping' },
            Function: { Type: 'AWS::Lambda::Function', Properties: { Env: { 'Fn::GetAtt': ['Stream', 'Arn'] } } },
            Stream: { Type: 'AWS::Kinesis::Stream', Properties: { Name: 'events' } },
            Never: { Type: 'AWS::Kinesis::Stream', Condition: 'No' },
          },
          Conditions: { No: { 'Fn::Equals': [{ Ref: 'AWS::Region' }, 'mars-1'] } },
          Outputs: {
            Name: { Value: { Ref: 'Stream' }, Description: 'the stream', Export: { Name: 'first:Name' } },
            Gone: { Value: { Ref: 'Never' }, Condition: 'No' },
          },
        },
        second: {
          Parameters: {
            Size: { Type: 'Number', Default: 5 },
            BootstrapVersion: { Type: 'AWS::SSM::Parameter::Value<String>' },
          },
          Resources: {
            Table: {
              Type: 'AWS::DynamoDB::Table',
              Properties: { Reads: { 'Fn::ImportValue': 'first:Name' }, Size: { Ref: 'Size' } },
            },
          },
        },
      },
      ['AWS::Kinesis::Stream', 'AWS::Lambda::Function', 'AWS::Lambda::EventSourceMapping', 'AWS::DynamoDB::Table'],
    );
    expect(made.map(({ logicalId }) => logicalId)).toEqual(['Stream', 'Function', 'Mapping', 'Table']);
    expect(made[1]?.properties.Env).toBe('arn:events');
    expect(made[3]?.properties).toEqual({
      Reads: 'events',
      Size: 5,
      TableName: expect.stringMatching(/^second-Table-[0-9a-f]{12}$/),
    });
    expect(provisioned[0]?.outputs).toEqual([
      { key: 'Name', value: 'events', description: 'the stream', exportName: 'first:Name' },
    ]);
    expect(provisioned[1]?.resources).toEqual([
      { logicalId: 'Table', physicalId: made[3]?.properties.TableName, type: 'AWS::DynamoDB::Table', emulated: true },
    ]);
  });

  it('lets names stand for what is not emulated, and lists it', async () => {
    const { made, provisioned } = await run(
      {
        s: {
          Resources: {
            Role: { Type: 'AWS::IAM::Role', Properties: { Anything: { 'Fn::Cidr': [] } } },
            Named: { Type: 'AWS::IAM::Role', Properties: { RoleName: { 'Fn::Sub': '${AWS::StackName}-role' } } },
            Topic: { Type: 'AWS::SNS::Topic' },
            Stream: {
              Type: 'AWS::Kinesis::Stream',
              Properties: { Role: { 'Fn::GetAtt': ['Named', 'Arn'] }, Topic: { Ref: 'Topic' }, Ref: { Ref: 'Role' } },
            },
          },
        },
      },
      ['AWS::Kinesis::Stream'],
    );
    expect(made[0]?.properties).toMatchObject({
      Role: 'arn:aws:iam::000000000000:role/s-role',
      Topic: expect.stringMatching(/^arn:aws:sns:us-east-1:000000000000:s-Topic-/),
      Ref: expect.stringMatching(/^s-Role-/),
    });
    expect(notEmulated(provisioned)).toEqual(['AWS::IAM::Role ×2', 'AWS::SNS::Topic ×1']);
  });

  const stream = { Type: 'AWS::Kinesis::Stream' };
  it.each<[string, Template, RegExp]>([
    [
      'an attribute the service does not give',
      { Resources: { S: stream, T: { ...stream, Properties: { A: { 'Fn::GetAtt': 'S.Nope' } } } } },
      /s: S \(AWS::Kinesis::Stream\) gives no attribute Nope/,
    ],
    [
      'a reference to nothing',
      { Resources: { S: { ...stream, Properties: { A: { Ref: 'Nobody' } } } } },
      /s: there is no parameter or resource Nobody/,
    ],
    [
      'an import of nothing',
      { Resources: { S: { ...stream, Properties: { A: { 'Fn::ImportValue': 'x' } } } } },
      /no stack before it exports x/,
    ],
    [
      'a parameter without a default',
      { Parameters: { P: { Type: 'String' } }, Resources: { S: { ...stream, Properties: { A: { Ref: 'P' } } } } },
      /parameter P has no default/,
    ],
    [
      'a parameter kept in SSM',
      {
        Parameters: { P: { Type: 'AWS::SSM::Parameter::Value<String>', Default: '/x' } },
        Resources: { S: { ...stream, Properties: { A: { Ref: 'P' } } } },
      },
      /SSM Parameter Store/,
    ],
    [
      'a circle',
      { Resources: { S: { ...stream, DependsOn: 'T' }, T: { ...stream, DependsOn: ['S'] } } },
      /s: circular dependency: S → T → S/,
    ],
    [
      'an unknown intrinsic',
      { Resources: { S: { ...stream, Properties: { A: { 'Fn::Nope': 1 } } } } },
      /^s Resources\.S\.Properties\.A: the intrinsic Fn::Nope/,
    ],
  ])('refuses %s', async (_name, template, message) => {
    await expect(run({ s: template }, ['AWS::Kinesis::Stream'])).rejects.toThrow(message);
  });

  it('names the resource that a service refuses', async () => {
    const service = { provisions: { 'AWS::Kinesis::Stream': () => Promise.reject(new Error('too many shards')) } };
    await expect(provisionStacks([{ name: 's', template: { Resources: { S: stream } } }], [service])).rejects.toThrow(
      's: S (AWS::Kinesis::Stream) cannot be made: too many shards',
    );
  });
});

describe('readAssembly', () => {
  let directory = '';
  const write = (file: string, content: unknown) => writeFileSync(join(directory, file), JSON.stringify(content));
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'millrace-assembly-'));
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  it('orders stacks and finds assets', () => {
    write('manifest.json', {
      artifacts: {
        'b.assets': { type: 'cdk:asset-manifest', properties: { file: 'b.assets.json' } },
        b: {
          type: 'aws:cloudformation:stack',
          properties: { templateFile: 'b.template.json' },
          dependencies: ['a', 'b.assets'],
        },
        a: { type: 'aws:cloudformation:stack', properties: { templateFile: 'a.template.json', stackName: 'renamed' } },
        Tree: { type: 'cdk:tree', properties: { file: 'tree.json' } },
      },
    });
    write('a.template.json', { Resources: { A: { Type: 'T' } } });
    write('b.template.json', {});
    write('b.assets.json', {
      files: {
        abc: {
          source: { path: 'asset.abc', packaging: 'zip' },
          destinations: {
            here: { bucketName: 'cdk-hnb659fds-assets-${AWS::AccountId}-${AWS::Region}', objectKey: 'abc.zip' },
          },
        },
      },
    });
    const assembly = readAssembly(directory);
    expect(assembly.stacks.map(({ name }) => name)).toEqual(['renamed', 'b']);
    expect(assembly.stacks[0]?.template.Resources).toEqual({ A: { Type: 'T' } });
    expect(assembly.assetPath('cdk-hnb659fds-assets-000000000000-us-east-1', 'abc.zip')).toBe(
      join(directory, 'asset.abc'),
    );
    expect(() => assembly.assetPath('other', 'abc.zip')).toThrow('no asset of the assembly goes to s3://other/abc.zip');
  });

  it('says what is missing', () => {
    expect(() => readAssembly(join(directory, 'nowhere'))).toThrow(
      /manifest\.json is not there; `npx cdk synth` makes it/,
    );
    write('manifest.json', { artifacts: {} });
    expect(() => readAssembly(directory)).toThrow('lists no stack');
  });
});
