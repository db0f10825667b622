/** The program of an execution environment: loads the handler, then answers one event at a time. It is run by the
 *  Node.js that runs everything, as a child process. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Handler, loadHandler } from './handler.ts';
import { type InvokeMessage, outputEnd, type RuntimeError, type RuntimeMessage } from './protocol.ts';

// Taken before the function's code runs: that code may replace them, and shall not find a channel to the parent.
const sendToParent = process.send?.bind(process);
process.send = undefined;
const outputs = [process.stdout, process.stderr].map((stream) => stream.write.bind(stream));
const environment = { ...process.env };

function send(message: RuntimeMessage, then?: () => void): void {
  // An error means that the parent is gone, and that the disconnection below ends this process.
  sendToParent?.(message, undefined, undefined, () => then?.());
}

function describe(error: unknown): RuntimeError {
  if (!(error instanceof Error)) return { errorType: typeof error, errorMessage: String(error), trace: [] };
  return { errorType: error.name, errorMessage: error.message, trace: error.stack?.split('\n') ?? [] };
}

function logError(requestId: string, title: string, error: RuntimeError): void {
  console.error(`${new Date().toISOString()}\t${requestId}\tERROR\t${title}\t${JSON.stringify(error)}`);
}

function contextOf(message: InvokeMessage) {
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionName: environment.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: environment.AWS_LAMBDA_FUNCTION_VERSION,
    invokedFunctionArn: message.functionArn,
    memoryLimitInMB: environment.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    awsRequestId: message.requestId,
    logGroupName: environment.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: environment.AWS_LAMBDA_LOG_STREAM_NAME,
    getRemainingTimeInMillis: () => message.deadlineMs - Date.now(),
  };
}

async function answer(handler: Handler, message: InvokeMessage): Promise<RuntimeMessage> {
  const { requestId } = message;
  try {
    const result = await handler(JSON.parse(message.payload), contextOf(message));
    // Lets a rejection that nobody caught be found before the invocation counts as a success.
    await nextTurn();
    return { type: 'result', requestId, payload: JSON.stringify(result === undefined ? null : result) ?? 'null' };
  } catch (thrown) {
    const error = describe(thrown);
    logError(requestId, 'Invoke Error', error);
    return { type: 'error', requestId, error };
  }
}

function die(error: RuntimeError): void {
  logError('-', 'Uncaught Exception', error);
  send({ type: 'fatal', error }, () => process.exit(1));
}

function describeRejection(reason: unknown): RuntimeError {
  return { ...describe(reason), errorType: 'Runtime.UnhandledPromiseRejection', errorMessage: String(reason) };
}

process.on('disconnect', () => process.exit());
process.on('uncaughtException', (error) => die(describe(error)));
process.on('unhandledRejection', (reason) => die(describeRejection(reason)));

try {
  const handler = await loadHandler(environment.LAMBDA_TASK_ROOT ?? '', environment._HANDLER ?? '');
  process.on('message', async (message: InvokeMessage) => {
    const reply = await answer(handler, message);
    for (const write of outputs) write(outputEnd(message.requestId));
    send(reply);
  });
  send({ type: 'ready' });
} catch (thrown) {
  const error = describe(thrown);
  logError('-', 'Uncaught Exception', error);
  send({ type: 'init-error', error }, () => process.exit(1));
}
