import { describe, expect, it } from '@jest/globals';
import { describeRun } from '../../cli/local.ts';

describe('describeRun', () => {
  it('shows endpoint, outputs worth reading, what is not emulated, and how to go on', () => {
    const text = describeRun({
      endpoint: 'http://127.0.0.1:4566',
      port: 4566,
      notEmulated: ['AWS::IAM::Role ×4'],
      outputs: {
        'millrace-dev-stream': { StreamName: 'events', ExportsOutputRefEvents1F: 'events' },
        'millrace-dev-plumbing': { ExportsOutputRefX: 'x' },
        'millrace-dev-web': { DashboardUrl: 'https://us-east-1.console.aws.amazon.com/cloudwatch/home' },
      },
      delivered: async () => {},
      gatherBatches: () => {},
      close: async () => {},
    });
    expect(text).toContain('http://127.0.0.1:4566');
    expect(text).toContain('StreamName      events');
    expect(text).not.toMatch(/ExportsOutput|millrace-dev-plumbing|console\.aws/);
    expect(text).toContain('not emulated here: AWS::IAM::Role ×4');
    expect(text).toMatch(/^put .*AWS_ENDPOINT_URL=http:\/\/127\.0\.0\.1:4566[\s\S]*^query [\s\S]*^watch /m);
  });
});
