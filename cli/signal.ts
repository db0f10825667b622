const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** Waits for the first Ctrl-C or request to end; a second one ends the process at once, as it would without this. */
export function untilSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    const stop = (signal: NodeJS.Signals) => {
      for (const each of SIGNALS) process.off(each, stop);
      resolve(signal);
    };
    for (const each of SIGNALS) process.on(each, stop);
  });
}
