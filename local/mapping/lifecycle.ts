import { ServiceError } from '../services/json-api.ts';
import type { Clock } from './clock.ts';
import type { MappingSettings } from './configuration.ts';
import type { Properties } from './properties.ts';
import type { MappingRun } from './run.ts';
import { followStream } from './shards.ts';

export type MappingState = 'Creating' | 'Enabling' | 'Enabled' | 'Disabling' | 'Disabled' | 'Updating' | 'Deleting';

/** Settings as they were given, and as they were understood. */
export interface Configured {
  readonly properties: Properties;
  readonly settings: MappingSettings;
  readonly functionArn: string;
}

/** What a mapping needs to go on: a run that ends with the signal. */
export type OpenRun = (configured: Configured, signal: AbortSignal, processed: (result: string) => void) => MappingRun;

/** One mapping through its life: it follows its stream while it is enabled, and keeps its place while it is not. */
export class Mapping {
  readonly uuid: string;
  readonly #open: OpenRun;
  readonly #clock: Clock;
  readonly #startDelayMs: number;
  readonly #ended = new AbortController();
  #configured: Configured;
  #state: MappingState = 'Creating';
  #modifiedMs: number;
  #result = 'No records processed';
  #following: { stop(): Promise<void> } | undefined;

  constructor(uuid: string, configured: Configured, open: OpenRun, clock: Clock, startDelayMs: number) {
    this.uuid = uuid;
    this.#configured = configured;
    this.#open = open;
    this.#clock = clock;
    this.#startDelayMs = startDelayMs;
    this.#modifiedMs = clock.now();
  }

  get configured(): Configured {
    return this.#configured;
  }

  get state(): MappingState {
    return this.#state;
  }

  get lastModifiedMs(): number {
    return this.#modifiedMs;
  }

  get lastProcessingResult(): string {
    return this.#result;
  }

  /** To be called once, after which the caller sees `Creating` and the next one `Enabled` or `Disabled`. */
  start(): void {
    void this.#begin();
  }

  /** @throws ServiceError when it is not at rest. */
  update(configured: Configured): void {
    this.#checkAtRest('update');
    const { settings } = this.#configured;
    const isToggle = settings.enabled !== configured.settings.enabled;
    this.#state = !isToggle ? 'Updating' : configured.settings.enabled ? 'Enabling' : 'Disabling';
    this.#modifiedMs = this.#clock.now();
    void this.#stop().then(() => {
      this.#configured = configured;
      return this.#begin();
    });
  }

  /** Calls `gone` when the last invocation has ended.
   *  @throws ServiceError when it is not at rest. */
  delete(gone: () => void): void {
    this.#checkAtRest('delete');
    this.#state = 'Deleting';
    void this.#stop().then(gone);
  }

  /** Stops for good. */
  close(): Promise<void> {
    this.#ended.abort();
    return this.#stop();
  }

  /** No further read or invocation; resolves once those under way have ended. */
  async #stop(): Promise<void> {
    await this.#following?.stop();
    this.#following = undefined;
  }

  #checkAtRest(verb: string): void {
    if (this.#state === 'Enabled' || this.#state === 'Disabled') return;
    throw new ServiceError('ResourceInUseException', `Cannot ${verb} the event source mapping because it is in use.`);
  }

  #follow(): void {
    if (this.#ended.signal.aborted || !this.#configured.settings.enabled) return;
    const controller = new AbortController();
    const processed = (result: string) => {
      this.#result = result;
    };
    const { stopped } = followStream(this.#open(this.#configured, controller.signal, processed));
    const stop = () => {
      controller.abort();
      return stopped();
    };
    this.#following = { stop };
  }

  /** At once unless there is a delay: what is put after a stack was made is not missed with LATEST. */
  async #begin(): Promise<void> {
    if (this.#startDelayMs > 0) await this.#clock.sleep(this.#startDelayMs, this.#ended.signal);
    try {
      this.#follow();
    } catch (error) {
      this.#result = `PROBLEM: ${error instanceof Error ? error.message : error}`;
    }
    setImmediate(() => {
      this.#state = this.#configured.settings.enabled ? 'Enabled' : 'Disabled';
    });
  }
}
