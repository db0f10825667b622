import type { Answer, Environment, Event, OnLine } from './environment.ts';

/** The environments of one function: an idle one is used again, else one more is started. */
export interface Pool {
  /** How many events are under way. */
  readonly running: number;
  run(event: Event, onLine: OnLine): Promise<Answer>;
  /** Has environments begin anew, those under way after their event: the function has changed. */
  renew(): void;
  close(): Promise<void>;
}

export function createPool(start: () => Environment): Pool {
  const environments = new Set<Environment>();
  let idle: Environment[] = [];
  let generation = 0;
  let running = 0;

  /** The one used last: it is the warmest. Those that ended while they were idle are dropped. */
  function take(): Environment {
    for (let found = idle.pop(); found; found = idle.pop()) {
      if (found.alive) return found;
      environments.delete(found);
    }
    const fresh = start();
    environments.add(fresh);
    return fresh;
  }

  function drop(environment: Environment): void {
    environments.delete(environment);
    void environment.kill();
  }

  return {
    get running() {
      return running;
    },
    async run(event, onLine) {
      running += 1;
      const began = generation;
      const environment = take();
      try {
        return await environment.invoke(event, onLine);
      } finally {
        running -= 1;
        if (environment.alive && began === generation) idle.push(environment);
        else drop(environment);
      }
    },
    renew() {
      generation += 1;
      for (const environment of idle) drop(environment);
      idle = [];
    },
    async close() {
      await Promise.all([...environments].map((environment) => environment.kill()));
      environments.clear();
    },
  };
}
