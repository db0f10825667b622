import { ServiceError } from '../services/json-api.ts';
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
  readonly #now: () => number;
  #configured: Configured;
  #state: MappingState = 'Creating';
  #modifiedMs: number;
  #result = 'No records processed';
  #closed = false;
  #following: { stop(): Promise<void> } | undefined;

  constructor(uuid: string, configured: Configured, open: OpenRun, now: () => number) {
    this.uuid = uuid;
    this.#configured = configured;
    this.#open = open;
    this.#now = now;
    this.#modifiedMs = now();
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
    this.#follow();
    this.#settle();
  }

  /** @throws ServiceError when it is not at rest. */
  update(configured: Configured): void {
    this.#checkAtRest('update');
    const { settings } = this.#configured;
    const isToggle = settings.enabled !== configured.settings.enabled;
    this.#state = !isToggle ? 'Updating' : configured.settings.enabled ? 'Enabling' : 'Disabling';
    this.#modifiedMs = this.#now();
    void this.#stop().then(() => {
      this.#configured = configured;
      this.#follow();
      this.#settle();
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
    this.#closed = true;
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
    if (this.#closed || !this.#configured.settings.enabled) return;
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

  #settle(): void {
    setImmediate(() => {
      this.#state = this.#configured.settings.enabled ? 'Enabled' : 'Disabled';
    });
  }
}
