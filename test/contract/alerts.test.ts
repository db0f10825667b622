import { tmpdir } from 'node:os';
import { type PublishBatchCommand, SNSClient } from '@aws-sdk/client-sns';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { memoryAlerts } from '../../adapters/memory/alerts.ts';
import { snsAlerts } from '../../adapters/sns/alerts.ts';
import { type AlertMessage, type Alerts, TransientError } from '../../core/ports.ts';
import { type Gateway, openGateway } from '../../local/gateway.ts';
import type { LocalService } from '../../local/service.ts';
import type { Published } from '../../local/services/s3/fauxqs.ts';
import { createS3 } from '../../local/services/s3.ts';

const TOPICS = Object.fromEntries(
  ['burst', 'other'].map((alert) => [alert, `arn:aws:sns:us-east-1:000000000000:topic-${alert}`]),
);
const patience = { clock: Date, sleep: async () => {}, random: () => 0 };
const published: Published[] = [];
let gateway: Gateway;
let service: LocalService;
let client: SNSClient;

beforeAll(async () => {
  gateway = await openGateway(0);
  const { endpoint } = gateway;
  const context = { endpoint, stateDir: undefined, scratchDir: tmpdir(), metric() {}, log() {} };
  service = await createS3(context, (each) => void published.push(each));
  gateway.serve([service]);
  for (const alert of Object.keys(TOPICS)) {
    const properties = { TopicName: `topic-${alert}` };
    const type = 'AWS::SNS::Topic';
    await service.provisions[type]?.({ stack: 'test', logicalId: 'Topic', type, properties });
  }
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  client = new SNSClient({ endpoint, region: 'us-east-1', credentials });
});

afterAll(async () => {
  client.destroy();
  await gateway.close();
  await service.close();
});

beforeEach(() => {
  published.length = 0;
});

type Told = Omit<AlertMessage, 'subject'>;

/** By name: makes an empty one, and reads what it has told. */
const ALERTS: readonly (readonly [string, () => { alerts: Alerts; told: () => readonly Told[] }])[] = [
  [
    'memory',
    () => {
      const alerts = memoryAlerts();
      return { alerts, told: () => alerts.told.map(({ subject: _, ...told }) => told) };
    },
  ],
  ['SNS', () => ({ alerts: snsAlerts({ client, topics: TOPICS, ...patience }), told: () => published.map(toldOf) })],
];

function toldOf({ topic, message, attributes }: Published): Told {
  const { alert = '', id = '', source = '', key = '', time = '' } = attributes;
  expect(topic).toBe(`topic-${alert}`);
  return { alert, id, source, key, timeMs: Date.parse(time), text: message };
}

const START = Date.parse('2026-11-21T10:00:00.123Z');
const message = (n: number, more: Partial<AlertMessage> = {}): AlertMessage => ({
  alert: 'burst',
  id: `e${n}/burst.0`,
  source: '/shop',
  key: 'ada',
  timeMs: START + n,
  subject: 'A burst',
  text: `burst ${n}`,
  ...more,
});
const withoutSubject = ({ subject: _, ...told }: AlertMessage): Told => told;
const byId = (told: readonly Told[]) => [...told].sort((a, b) => a.timeMs - b.timeMs);

describe.each(ALERTS)('alerts by %s', (_, make) => {
  it('tell each, with what it is about', async () => {
    const { alerts, told } = make();
    const messages = [message(1), message(2, { alert: 'other', key: 'Grüße 🎉', text: 'zwei\nZeilen & <mehr>' })];
    await alerts.publish(messages);
    expect(byId(told())).toEqual(messages.map(withoutSubject));
  });

  it('tell as many as there are', async () => {
    const { alerts, told } = make();
    const messages = Array.from({ length: 95 }, (_, n) => message(n));
    await alerts.publish(messages);
    expect(byId(told())).toEqual(messages.map(withoutSubject));
    await alerts.publish([]);
    expect(told()).toHaveLength(95);
  });

  it('tell texts of the largest size', async () => {
    const { alerts, told } = make();
    const texts = ['a', 'b', 'ü'].map((text) => text.repeat(240_000 / Buffer.byteLength(text)));
    await alerts.publish(texts.map((text, n) => message(n, { text, key: 'ü'.repeat(1_000) })));
    expect(byId(told()).map(({ text }) => text)).toEqual(texts);
  });
});

describe('alerts by SNS', () => {
  type Entry = NonNullable<PublishBatchCommand['input']['PublishBatchRequestEntries']>[number];

  /** Calls that are answered in process, each entry by a code or taken. */
  function answering(answer: (entry: Entry, call: number) => { Code: string; SenderFault: boolean } | undefined) {
    const calls: Entry[][] = [];
    const send = async (command: PublishBatchCommand) => {
      const entries = command.input.PublishBatchRequestEntries ?? [];
      calls.push(entries);
      const answers = entries.map((entry) => ({ Id: entry.Id, ...answer(entry, calls.length) }));
      return {
        Successful: answers.filter((each) => !('Code' in each)),
        Failed: answers.filter((each) => 'Code' in each),
      };
    };
    let nowMs = 0;
    const sleep = async (ms: number) => {
      nowMs += ms;
    };
    const clock = { now: () => nowMs };
    const alerts = snsAlerts({ client: { send } as never, topics: TOPICS, clock, sleep, random: () => 1 });
    return { alerts, calls };
  }

  it('come in calls of ten, and of what a call holds, under their subject', async () => {
    const { alerts, calls } = answering(() => undefined);
    await alerts.publish(Array.from({ length: 12 }, (_, n) => message(n)));
    await alerts.publish(Array.from({ length: 4 }, (_, n) => message(n, { text: 'x'.repeat(100_000) })));
    expect(calls.map((entries) => entries.length)).toEqual([10, 2, 2, 2]);
    expect(calls[0]?.[3]).toEqual({
      Id: '3',
      Subject: 'A burst',
      Message: 'burst 3',
      MessageAttributes: {
        id: { DataType: 'String', StringValue: 'e3/burst.0' },
        source: { DataType: 'String', StringValue: '/shop' },
        alert: { DataType: 'String', StringValue: 'burst' },
        key: { DataType: 'String', StringValue: 'ada' },
        time: { DataType: 'String', StringValue: '2026-11-21T10:00:00.126Z' },
      },
    });
  });

  it('are sent again when one is refused, and only that one', async () => {
    const { alerts, calls } = answering(({ Message }, call) =>
      Message === 'burst 2' && call < 3 ? { Code: 'Throttled', SenderFault: false } : undefined,
    );
    await alerts.publish([message(1), message(2), message(3)]);
    expect(calls.map((entries) => entries.map(({ Message }) => Message))).toEqual([
      ['burst 1', 'burst 2', 'burst 3'],
      ['burst 2'],
      ['burst 2'],
    ]);
  });

  it('give the batch back when one goes on being refused, and fail when it never will be taken', async () => {
    const throttled = answering(() => ({ Code: 'Throttled', SenderFault: false }));
    await expect(throttled.alerts.publish([message(1)])).rejects.toThrow(TransientError);
    expect(throttled.calls.length).toBeGreaterThan(5);
    const wrong = answering(() => ({ Code: 'InvalidParameter', SenderFault: true }));
    const failure = await wrong.alerts.publish([message(1)]).catch((error: unknown) => error);
    expect(failure).not.toBeInstanceOf(TransientError);
    expect(String(failure)).toContain('refused for good, InvalidParameter');
    expect(String(failure)).not.toContain('burst 1');
  });

  it('are sent again when the call fails as a whole and may pass', async () => {
    let calls = 0;
    const send = async () => {
      calls += 1;
      if (calls < 3) throw Object.assign(new Error('slow down'), { name: 'ThrottlingException' });
      return { Successful: [{ Id: '0' }] };
    };
    await snsAlerts({ client: { send } as never, topics: TOPICS, ...patience }).publish([message(1)]);
    expect(calls).toBe(3);
    const nowhere = snsAlerts({ client, topics: { burst: `${TOPICS.burst}-gone` }, ...patience });
    await expect(nowhere.publish([message(1)])).rejects.toThrow('Topic does not exist');
    const unnamed = snsAlerts({ client, topics: {}, ...patience });
    await expect(unnamed.publish([message(1)])).rejects.toThrow("alert 'burst' has no topic");
  });

  it('carry what SNS refuses in a form that it takes, and which still tells them apart', async () => {
    const long = (end: string) => `${'k'.repeat(5_000)}${end}`;
    const alerts = snsAlerts({ client, topics: TOPICS, ...patience });
    await alerts.publish([
      message(1, { text: 'a\0b\ud800c\td', key: long('1') }),
      message(2, { text: 'x', key: long('2') }),
    ]);
    const [first, second] = byId(published.map(toldOf)) as [Told, Told];
    expect(first.text).toBe('a\ufffdb\ufffdc\td');
    expect(first.key).toHaveLength(1_024);
    expect(first.key).not.toBe(second.key);
  });
});
