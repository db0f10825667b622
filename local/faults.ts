import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerRequest } from 'node:http2';
import { setTimeout as pause } from 'node:timers/promises';
import { actionOf } from './faults/action.ts';
import { administer, FAULTS_PATH } from './faults/admin.ts';
import { Board, type FaultState } from './faults/board.ts';
import type { Dice } from './faults/dice.ts';
import { doublingRecords, refusingRecords } from './faults/records.ts';
import { refusal, refuse } from './faults/refusals.ts';
import type { FaultRule } from './faults/rules.ts';
import type { LocalService } from './service.ts';
import { ServiceError } from './services/json-api.ts';
import type { StreamReader } from './services/kinesis-reader.ts';
import type { Disturbance } from './services/lambda/environment.ts';
import type { FunctionInvoker } from './services/lambda/lambda.ts';

/** Rules to begin with; without a seed the dice fall anew in each run. */
export interface FaultSettings {
  readonly seed?: number | undefined;
  readonly rules: readonly FaultRule[];
}

/** Faults on request: what can go wrong with AWS, made to happen here. Without a rule about a service its calls go the
 *  way they go otherwise. */
export interface Faults {
  readonly state: FaultState;
  /** Takes a call to `FAULTS_PATH`; undefined for every other one. */
  administer(request: IncomingMessage, response: ServerResponse): Promise<void> | undefined;
  /** Has a service handle a request, with what the rules do to it. */
  handle(
    scope: string,
    service: LocalService,
    request: IncomingMessage,
    response: ServerResponse,
  ): void | Promise<void>;
  /** For those who invoke functions in process. */
  invoker(lambda: FunctionInvoker): FunctionInvoker;
  /** For those who read streams in process: rules about `GetRecords` that refuse a call. */
  reader(kinesis: StreamReader): StreamReader;
  /** What is to befall the next invocation's environment. */
  nextDisturbance(): Disturbance | undefined;
}

export function createFaults(settings: FaultSettings = { rules: [] }): Faults {
  const board = new Board();
  board.set(settings.rules, settings.seed);
  return {
    get state() {
      return board.state;
    },

    administer: (request, response) => (request.url === FAULTS_PATH ? administer(board, request, response) : undefined),

    handle(scope, service, request, response) {
      if (!board.of(scope)) return service.handle(request, response);
      return handleWith(board.about(scope, actionOf(scope, request)), scope, service, request, response);
    },

    invoker: (lambda) => ({
      describe: lambda.describe,
      invoke: (name, payload) =>
        board.of('lambda')
          ? invokeWith(board.about('lambda', 'Invoke'), lambda, name, payload)
          : lambda.invoke(name, payload),
    }),

    reader: (kinesis) => ({
      shards: kinesis.shards,
      read(...given) {
        const refused = board.about('kinesis', 'GetRecords').find(refuses);
        if (refused) throw refusal('kinesis', refused.rule.kind as 'throttle' | 'error');
        return kinesis.read(...given);
      },
    }),

    nextDisturbance() {
      for (const dice of board.about('lambda', 'Invoke')) {
        const { rule } = dice;
        if ((rule.kind !== 'kill' && rule.kind !== 'timeout') || !dice.strikes()) continue;
        const signal = rule.kind === 'kill' ? 'SIGKILL' : 'SIGSTOP';
        return { signal, afterMs: dice.between(rule.afterMs), missed: () => dice.missed() };
      }
      return undefined;
    },
  };
}

const refuses = (dice: Dice) => (dice.rule.kind === 'throttle' || dice.rule.kind === 'error') && dice.strikes();

/** The rules in their order: waits add up, the first one that refuses the call or loses its answer ends the matter. */
async function handleWith(
  rules: readonly Dice[],
  scope: string,
  service: LocalService,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  let handle: LocalService['handle'] = (...call) => service.handle(...call);
  for (const dice of rules) {
    const { rule } = dice;
    if (rule.kind === 'partial') handle = refusingRecords(scope as 'kinesis' | 'firehose', dice, handle);
    else if (rule.kind === 'duplicate') handle = doublingRecords(dice, handle);
    else if (rule.kind === 'kill' || rule.kind === 'timeout' || !dice.strikes()) continue;
    else if (rule.kind === 'latency') await pause(dice.between(rule.ms));
    else if (rule.kind === 'lost-answer' || rule.kind === 'torn-answer') {
      cutAnswer(rule.kind, request, response);
      break;
    } else return refuse(scope, refusal(scope, rule.kind), request, response);
  }
  await handle(request, response);
}

/** Cuts the connection when the answer is due, with whatever else is under way on it. */
function cutAnswer(kind: 'lost-answer' | 'torn-answer', request: IncomingMessage, response: ServerResponse): void {
  // Over HTTP/2 the gateway hands in Node's compatibility API.
  const { stream } = request as unknown as Partial<Http2ServerRequest>;
  if (kind === 'lost-answer') response.writeHead = () => response;
  response.write = () => true;
  response.end = () => {
    if (kind === 'torn-answer') response.flushHeaders();
    // What has been written goes out first.
    setImmediate(() => (stream ? stream.session?.destroy() : request.socket.destroySoon()));
    return response;
  };
}

/** As `handleWith`, for a call that comes by no connection. */
async function invokeWith(
  rules: readonly Dice[],
  lambda: FunctionInvoker,
  ...call: Parameters<FunctionInvoker['invoke']>
): ReturnType<FunctionInvoker['invoke']> {
  for (const dice of rules) {
    const { rule } = dice;
    if (rule.kind === 'kill' || rule.kind === 'timeout' || !dice.strikes()) continue;
    if (rule.kind === 'latency') await pause(dice.between(rule.ms));
    else if (rule.kind === 'throttle' || rule.kind === 'error') throw refusal('lambda', rule.kind);
    else {
      await lambda.invoke(...call);
      throw new ServiceError('ServiceException', 'The answer was lost', 500);
    }
  }
  return lambda.invoke(...call);
}
