/** Things to close, the last opened first. */
export interface Closers {
  /** Takes note of what has been opened and gives it back. */
  add<Opened extends { close(): unknown }>(opened: Opened): Opened;
  /** Closes all, even when one fails; later calls wait for the first.
   *  @throws the failure, or an AggregateError of several. */
  close(): Promise<void>;
}

export function createClosers(): Closers {
  const opened: { close(): unknown }[] = [];
  let closed: Promise<void> | undefined;
  return {
    add(one) {
      opened.push(one);
      return one;
    },
    close() {
      closed ??= closeAll(opened.toReversed());
      return closed;
    },
  };
}

async function closeAll(opened: readonly { close(): unknown }[]): Promise<void> {
  const failures: unknown[] = [];
  for (const one of opened) {
    try {
      await one.close();
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 1) throw new AggregateError(failures, failures.map((error) => String(error)).join('; '));
  if (failures.length === 1) throw failures[0];
}
