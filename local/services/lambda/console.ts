import { format } from 'node:util';

/** Methods of the console and the levels that Lambda gives their lines. */
const LEVELS = { trace: 'TRACE', debug: 'DEBUG', info: 'INFO', log: 'INFO', warn: 'WARN', error: 'ERROR' } as const;
const RANKS = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'];

export type Level = (typeof LEVELS)[keyof typeof LEVELS];

function describeError({ name, message, stack }: Error): object {
  return { errorType: name, errorMessage: message, stackTrace: stack?.split('\n').slice(1) ?? [] };
}

/** A message on one line: its line ends become carriage returns, so that it stays one event of the log. */
function textLine(time: string, requestId: string | undefined, level: Level, message: readonly unknown[]): string {
  return `${time}\t${requestId}\t${level}\t${format(...message)}`.replaceAll('\n', '\r');
}

/** A message as a document: a single one stands as it is, an error with its parts. */
function jsonLine(timestamp: string, requestId: string | undefined, level: Level, message: readonly unknown[]): string {
  const error = message.find((one) => one instanceof Error);
  const head = { timestamp, level, requestId };
  const parts = error && message.length > 1 ? describeError(error) : {};
  const [only] = message;
  const single = only instanceof Error ? describeError(only) : only;
  try {
    return JSON.stringify({ ...head, message: message.length === 1 ? single : format(...message), ...parts });
  } catch {
    return JSON.stringify({ ...head, message: format(...message) }); // holds itself, or what JSON has no form for
  }
}

/** Has the console write as Lambda's Node.js runtime does (AWS Lambda Developer Guide, "Log and monitor Node.js Lambda
 *  functions"): with time, request and level before the text, or as a document if its level is not too low. Returns what
 *  writes such a line. */
export function patchConsole(
  { AWS_LAMBDA_LOG_FORMAT: logFormat, AWS_LAMBDA_LOG_LEVEL: least = 'TRACE' }: NodeJS.ProcessEnv,
  requestId: () => string | undefined,
  write: (line: string) => void,
): (level: Level, ...message: unknown[]) => void {
  const line = logFormat === 'JSON' ? jsonLine : textLine;
  const log = (level: Level, ...message: unknown[]) => {
    if (RANKS.indexOf(level) < RANKS.indexOf(least)) return;
    write(`${line(new Date().toISOString(), requestId(), level, message)}\n`);
  };
  for (const [method, level] of Object.entries(LEVELS)) {
    console[method as keyof typeof LEVELS] = (...message: unknown[]) => log(level, ...message);
  }
  return log;
}
