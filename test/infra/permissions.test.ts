import { describe, expect, it } from '@jest/globals';
import { type Json, synthesise } from './stage.ts';

const stage = synthesise();
const texts = (value: unknown): string[] =>
  [value].flat().map((each) => (typeof each === 'string' ? each : JSON.stringify(each)));

describe('permissions', () => {
  const statements = (): Json[] => [
    ...stage.of('AWS::IAM::Policy').flatMap(({ Properties }) => Properties.PolicyDocument.Statement),
    ...stage
      .of('AWS::IAM::Role')
      .flatMap(({ Properties }) => (Properties.Policies ?? []).flatMap((each: Json) => each.PolicyDocument.Statement)),
  ];

  it('name each action', () => {
    const actions = statements().flatMap(({ Action }) => texts(Action));
    expect(actions.filter((action) => action.includes('*'))).toEqual([]);
    expect(actions).not.toContain('s3:DeleteObject');
  });

  it('name each resource, but for objects under one folder', () => {
    const open = statements()
      .flatMap(({ Resource: resources }) => texts(resources))
      .filter((resource) => resource.includes('*'))
      .map((resource) => /"\/([^"]*)"\]\]\}$/.exec(resource)?.[1] ?? resource);
    expect([...new Set(open)].sort()).toEqual([
      'aws/lambda/*',
      'errors/orders/*',
      'errors/orders_by_day/*',
      'errors/quarantine/*',
      'oversize/*',
      'tables/orders/*',
      'tables/orders_by_day/*',
      'tables/quarantine/*',
    ]);
  });

  it('are the roles’ own: no policy that AWS manages', () => {
    for (const { Properties } of stage.of('AWS::IAM::Role')) expect(Properties.ManagedPolicyArns).toBeUndefined();
  });

  it('let a delivery stream write its own table only', () => {
    const policies = stage.of('AWS::IAM::Policy').filter(({ id }) => id.startsWith('ordersbydayDelivery'));
    expect(policies).toHaveLength(1);
    const text = JSON.stringify(policies);
    expect(text).toContain('/tables/orders_by_day/*');
    expect(text).not.toContain('/tables/orders/*');
    expect(text).toContain('/orders_by_day_rows');
  });
});
