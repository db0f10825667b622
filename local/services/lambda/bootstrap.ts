/** The program of an execution environment: loads the handler, then answers one event at a time. It is run by the
 *  Node.js that runs everything, as a child process. Between two events it stands still, as Lambda freezes it: what a
 *  timer was set to do goes on in the next invocation. */
import { readSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { patchConsole } from './console.ts';
import { type Handler, loadHandler } from './handler.ts';
import {
  EVENTS_FD,
  type InvokeMessage,
  outputEnd,
  type RuntimeError,
  type RuntimeMessage,
  readFrame,
} from './protocol.ts';

// Taken before the function's code runs: that code may replace them, and shall not find a channel to the parent.
const sendToParent = process.send?.bind(process);
process.send = undefined;
const outputs = [process.stdout, process.stderr].map((stream) => stream.write.bind(stream));
const environment = { ...process.env };

/** Resolves when the message is on its way. */
function send(message: RuntimeMessage): Promise<void> {
  // An error means that the parent is gone, and that the disconnection below ends this process.
  return new Promise((resolve) => sendToParent?.(message, undefined, undefined, () => resolve()));
}

/** Marks the end of an invocation's output, which then is on its way. */
async function endOutputs(requestId: string): Promise<void> {
  const ended = outputs.map((write) => new Promise((resolve) => write(outputEnd(requestId), resolve)));
  await Promise.all(ended);
}

function describe(error: unknown): RuntimeError {
  if (!(error instanceof Error)) return { errorType: typeof error, errorMessage: String(error), trace: [] };
  return { errorType: error.name, errorMessage: error.message, trace: error.stack?.split('\n') ?? [] };
}

/** Of the event under way. */
let currentRequestId: string | undefined;
const isJson = environment.AWS_LAMBDA_LOG_FORMAT === 'JSON';
const [writeOut] = outputs;
const log = patchConsole(
  environment,
  () => currentRequestId,
  (line) => void writeOut?.(line),
);

function logError(title: string, { errorType, errorMessage, trace }: RuntimeError): void {
  if (isJson) log('ERROR', { errorType, errorMessage, stackTrace: trace ?? [] });
  else log('ERROR', `${title} \t${JSON.stringify({ errorType, errorMessage, stack: trace })}`);
}

function contextOf(message: InvokeMessage) {
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionName: environment.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: environment.AWS_LAMBDA_FUNCTION_VERSION,
    invokedFunctionArn: message.functionArn,
    memoryLimitInMB: environment.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    awsRequestId: message.requestId,
    // Of the AWS Mobile SDK, which nobody here calls by.
    identity: undefined,
    clientContext: undefined,
    logGroupName: environment.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: environment.AWS_LAMBDA_LOG_STREAM_NAME,
    getRemainingTimeInMillis: () => message.deadlineMs - Date.now(),
  };
}

async function answer(handler: Handler, message: InvokeMessage): Promise<RuntimeMessage> {
  const { requestId } = message;
  currentRequestId = requestId;
  try {
    const result = await handler(JSON.parse(message.payload), contextOf(message));
    // Lets a rejection that nobody caught be found before the invocation counts as a success.
    await nextTurn();
    return { type: 'result', requestId, payload: JSON.stringify(result === undefined ? null : result) ?? 'null' };
  } catch (thrown) {
    const error = describe(thrown);
    logError('Invoke Error', error);
    return { type: 'error', requestId, error };
  }
}

function die(error: RuntimeError): void {
  logError('Uncaught Exception', error);
  void send({ type: 'fatal', error }).then(() => process.exit(1));
}

function describeRejection(reason: unknown): RuntimeError {
  return { ...describe(reason), errorType: 'Runtime.UnhandledPromiseRejection', errorMessage: String(reason) };
}

process.on('disconnect', () => process.exit());
process.on('uncaughtException', (error) => die(describe(error)));
process.on('unhandledRejection', (reason) => die(describeRejection(reason)));

/** Freezes until the next event is there. The end of the pipe is the end of the parent. */
function nextEvent(): InvokeMessage {
  return readFrame((into) => readSync(EVENTS_FD, into)) ?? process.exit();
}

async function serve(handler: Handler): Promise<never> {
  await send({ type: 'ready' });
  for (;;) {
    const message = nextEvent();
    const reply = await answer(handler, message);
    await Promise.all([endOutputs(message.requestId), send(reply)]);
  }
}

try {
  const handler = await loadHandler(environment.LAMBDA_TASK_ROOT ?? '', environment._HANDLER ?? '');
  void serve(handler);
} catch (thrown) {
  const error = describe(thrown);
  logError('Uncaught Exception', error);
  void send({ type: 'init-error', error }).then(() => process.exit(1));
}
