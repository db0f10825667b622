const SIGNALS = ['SIGINT', 'SIGTERM'] as const;
/** How often the parent is looked at. */
export const PARENT_POLL_MS = 500;

/** Waits for the first Ctrl-C or request to end; a second one ends the process at once, as it would without this.
 *  Under npm and npx, it also ends when the parent does: they pass a request to end on to the shell between them and
 *  this process, and the shell does not. */
export function untilSignal(): Promise<void> {
  const parent = process.ppid;
  return new Promise((resolve) => {
    const stop = () => {
      for (const signal of SIGNALS) process.off(signal, stop);
      clearInterval(watch);
      resolve();
    };
    const watch = setInterval(() => {
      if (process.env.npm_command && process.ppid !== parent) stop();
    }, PARENT_POLL_MS);
    watch.unref(); // a run that could not start must not be kept from ending
    for (const signal of SIGNALS) process.on(signal, stop);
  });
}
