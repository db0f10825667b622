import * as z from 'zod';

/** Services by their names in a request's signature. Of the last row the requests do not say their action up front. */
const WITH_ACTIONS = ['athena', 'dynamodb', 'firehose', 'glue', 'kinesis', 'lambda', 'logs', 's3', 'sqs'] as const;
const WITHOUT_ACTIONS = ['cloudformation', 'monitoring', 'sns', 'sts'] as const;

/** Kinds that make sense for some actions only. */
const ONLY_FOR: Readonly<Record<string, readonly string[]>> = {
  partial: ['firehose:PutRecordBatch', 'kinesis:PutRecords'],
  duplicate: ['firehose:PutRecordBatch'],
  kill: ['lambda:Invoke'],
  timeout: ['lambda:Invoke'],
};

const RULES_MAX = 100;
const WAIT_MS_MAX = 900_000;
const KILL_AFTER_MS = [0, 200] as const;

const milliseconds = z
  .tuple([z.int().min(0).max(WAIT_MS_MAX), z.int().min(0).max(WAIT_MS_MAX)], 'expected milliseconds: least and most')
  .refine(([least, most]) => least <= most, 'expected no more for the least than for the most')
  .readonly();

/** Which calls a rule is about, and how often it strikes. */
const target = {
  service: z.enum([...WITH_ACTIONS, ...WITHOUT_ACTIONS]),
  /** E.g. `PutItem`; `*` stands for every action of the service. */
  action: z.string().regex(/^(\*|[A-Z][A-Za-z0-9]{0,63})$/, 'expected an action such as PutItem, or *'),
  /** Of each call; of each record where the kind is `partial` or `duplicate`. */
  probability: z.number().min(0).max(1),
  /** Strikes at most so often. */
  times: z.int().min(1).optional(),
};

const rule = z
  .discriminatedUnion('kind', [
    /** The service's own error for too many calls. */
    z.strictObject({ kind: z.literal('throttle'), ...target }),
    /** The service's own internal error; the call has not taken effect. */
    z.strictObject({ kind: z.literal('error'), ...target }),
    /** The call takes effect, then the connection is cut. */
    z.strictObject({ kind: z.literal('lost-answer'), ...target }),
    /** The call takes effect, the head of its answer goes out, then the connection is cut. */
    z.strictObject({ kind: z.literal('torn-answer'), ...target }),
    /** The call waits so long first. */
    z.strictObject({ kind: z.literal('latency'), ...target, ms: milliseconds }),
    /** Records fail one by one, with the error the service gives for a record; the others are taken. */
    z.strictObject({ kind: z.literal('partial'), ...target }),
    /** Records are stored twice. */
    z.strictObject({ kind: z.literal('duplicate'), ...target }),
    /** The execution environment is killed so long after the invocation began, if that has not ended by then. */
    z.strictObject({ kind: z.literal('kill'), ...target, afterMs: milliseconds.default(KILL_AFTER_MS) }),
    /** The execution environment stands still from so long after on, until the function's timeout ends it. */
    z.strictObject({ kind: z.literal('timeout'), ...target, afterMs: milliseconds.default(KILL_AFTER_MS) }),
  ])
  .superRefine(({ service, action, kind }, context) => {
    const isTold = action === '*' || !WITHOUT_ACTIONS.some((each) => each === service);
    if (!isTold) context.addIssue({ code: 'custom', path: ['action'], message: `expected * for ${service}` });
    const only = ONLY_FOR[kind];
    if (only?.includes(`${service}:${action}`) === false) {
      context.addIssue({ code: 'custom', path: ['kind'], message: `${kind} is for ${only.join(' and ')} only` });
    }
  });

const document = z.strictObject({
  /** Whole number; the same one gives each rule the same dice. */
  seed: z.int().min(0).max(0xffff_ffff).optional(),
  rules: z.array(rule).max(RULES_MAX).readonly(),
});

export type FaultRule = Readonly<z.output<typeof rule>>;
/** What the admin call takes, defaults left out. */
export type FaultDocument = z.input<typeof document>;
export type FaultRuleInput = z.input<typeof rule>;

/** What is asked for makes no sense; the message says where. */
export class FaultRuleError extends Error {
  override readonly name = 'FaultRuleError';
}

/** @throws FaultRuleError naming the first member that is wrong. */
export function readDocument(given: unknown): {
  readonly seed: number | undefined;
  readonly rules: readonly FaultRule[];
} {
  const { seed, rules } = checked(document, given);
  return { seed, rules };
}

/** Reads `SERVICE:ACTION:KIND:PROBABILITY[:MS]`, where MS is `MOST` or `LEAST-MOST` milliseconds: how long a call with
 *  `latency` waits, or when a `kill` or `timeout` strikes.
 *  @throws FaultRuleError */
export function readRule(text: string): FaultRule {
  const [service, action, kind, probability = '', detail, ...more] = text.split(':');
  if (more.length > 0) throw new FaultRuleError(`'${text}' has more than five parts`);
  const range = detail === undefined ? undefined : readRange(detail);
  return checked(rule, {
    service,
    action,
    kind,
    probability: probability === '' ? undefined : Number(probability),
    ...(range && { [kind === 'latency' ? 'ms' : 'afterMs']: range }),
  });
}

function readRange(text: string): readonly number[] {
  const [, least, most] = /^(?:(\d{1,6})-)?(\d{1,6})$/.exec(text) ?? [];
  if (most === undefined)
    throw new FaultRuleError(`'${text}' is no time: expected milliseconds, or LEAST-MOST of them`);
  return [Number(least ?? most), Number(most)];
}

function checked<Schema extends z.ZodType>(schema: Schema, given: unknown): z.output<Schema> {
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const where = issue?.path.map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`)).join('');
  throw new FaultRuleError(`${where?.replace(/^\./, '') || 'the document'}: ${issue?.message}`);
}
