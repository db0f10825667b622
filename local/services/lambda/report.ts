/** How an invocation or the start of an environment ended. */
export interface Ending {
  readonly status: 'success' | 'error' | 'timeout';
  /** Set when the runtime failed; an exception of the function itself is a success to the platform. */
  readonly errorType?: string | undefined;
}

export interface Report extends Ending {
  readonly requestId: string;
  readonly durationMs: number;
  readonly memoryMb: number;
  readonly peakMb: number;
  /** Of the environment's start, if this was its first invocation. */
  readonly initMs: number | undefined;
}

/** The lines that Lambda itself writes into a function's log, in the function's format. */
export interface Reporter {
  started(requestId: string): void;
  /** Of an environment that did not start. */
  initFailed(initMs: number, phase: 'init' | 'invoke', ending: Ending): void;
  /** What ended an invocation that did not end by itself. */
  failed(requestId: string, message: string): void;
  ended(report: Report): void;
}

const round = (ms: number) => Math.round(ms * 1000) / 1000;
/** The start is billed as well, since August 2025 ("AWS Lambda standardizes billing for INIT phase"). */
const billedMs = ({ durationMs, initMs = 0 }: Report) => Math.ceil(durationMs + initMs);

function endingText({ status, errorType }: Ending): string {
  return (status === 'success' ? '' : `\tStatus: ${status}`) + (errorType ? `\tError Type: ${errorType}` : '');
}

function textReporter(write: (line: string) => void): Reporter {
  return {
    started: (requestId) => write(`START RequestId: ${requestId} Version: $LATEST`),
    initFailed: (initMs, phase, ending) =>
      write(`INIT_REPORT Init Duration: ${initMs.toFixed(2)} ms\tPhase: ${phase}${endingText(ending)}`),
    failed: (_requestId, message) => write(message),
    ended(report) {
      const { requestId, durationMs, memoryMb, peakMb, initMs } = report;
      write(`END RequestId: ${requestId}`);
      const parts = [
        `REPORT RequestId: ${requestId}`,
        `Duration: ${durationMs.toFixed(2)} ms`,
        `Billed Duration: ${billedMs(report)} ms`,
        `Memory Size: ${memoryMb} MB`,
        `Max Memory Used: ${Math.ceil(peakMb)} MB`,
        ...(initMs === undefined ? [] : [`Init Duration: ${initMs.toFixed(2)} ms`]),
      ];
      write(parts.join('\t') + endingText(report));
    },
  };
}

/** As the Telemetry API's events; what ended an invocation is in its report. */
function jsonReporter(write: (line: string) => void, now: () => Date): Reporter {
  const event = (type: string, record: object) =>
    write(JSON.stringify({ time: now().toISOString(), type: `platform.${type}`, record }));
  return {
    started: (requestId) => event('start', { requestId, version: '$LATEST' }),
    initFailed: (initMs, phase, { status, errorType }) =>
      event('initReport', {
        initializationType: 'on-demand',
        phase,
        metrics: { durationMs: round(initMs) },
        status,
        errorType,
      }),
    failed() {},
    ended(report) {
      const { requestId, durationMs, memoryMb, peakMb, initMs, status, errorType } = report;
      const metrics = {
        durationMs: round(durationMs),
        billedDurationMs: billedMs(report),
        memorySizeMB: memoryMb,
        maxMemoryUsedMB: Math.ceil(peakMb),
        ...(initMs !== undefined && { initDurationMs: round(initMs) }),
      };
      event('report', { requestId, metrics, status, errorType });
    },
  };
}

export function reporterFor(
  format: 'Text' | 'JSON',
  write: (line: string) => void,
  now: () => Date = () => new Date(),
): Reporter {
  return format === 'JSON' ? jsonReporter(write, now) : textReporter(write);
}
