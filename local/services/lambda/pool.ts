import { ServiceError } from '../json-api.ts';
import type { Answer, Environment } from './environment.ts';

/** The environments of one function: an idle one is used again, else one more is started. */
export interface Pool {
  /** Throws TooManyRequestsException when as many run as may. */
  run(requestId: string, payload: string): Promise<Answer & { readonly logStream: string }>;
  close(): Promise<void>;
}

export function createPool(concurrencyMax: number, start: () => Environment): Pool {
  const environments = new Set<Environment>();
  const idle: Environment[] = [];
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

  return {
    async run(requestId, payload) {
      if (running >= concurrencyMax) throw new ServiceError('TooManyRequestsException', 'Rate Exceeded.', 429);
      running += 1;
      try {
        const environment = take();
        const answer = await environment.invoke(requestId, payload);
        if (environment.alive) idle.push(environment);
        else environments.delete(environment);
        return { ...answer, logStream: environment.logStream };
      } finally {
        running -= 1;
      }
    },
    async close() {
      await Promise.all([...environments].map((environment) => environment.kill()));
      environments.clear();
    },
  };
}
