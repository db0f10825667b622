import type { Published } from '../local/services/s3/fauxqs.ts';
import { visible } from './table.ts';

/** Lines of one alert before it is only counted. */
const MAX_LINES = 20;
/** Longest text in a line. */
const MAX_TEXT_CHARS = 300;

/** Shows alerts as they are published, the first of each kind a line each, and counts them. One that is told again is the
 *  same alert. */
export class AlertLines {
  readonly #say: (line: string) => void;
  readonly #heard: ReadonlyMap<string, Set<string>>;

  constructor(alerts: readonly string[], say: (line: string) => void) {
    this.#heard = new Map(alerts.map((alert) => [alert, new Set()]));
    this.#say = say;
  }

  hear({ message, attributes }: Pick<Published, 'message' | 'attributes'>): void {
    const { alert = '', id = '', source = '', key = '', time = '' } = attributes;
    const heard = this.#heard.get(alert);
    const name = JSON.stringify([source, id]);
    if (!heard || heard.has(name)) return;
    heard.add(name);
    const text = message.length > MAX_TEXT_CHARS ? `${message.slice(0, MAX_TEXT_CHARS).toWellFormed()}…` : message;
    if (heard.size <= MAX_LINES) this.#say([time, alert, key, text].map(visible).join('  '));
    if (heard.size === MAX_LINES + 1) this.#say(`more alerts of ${alert} are only counted`);
  }

  get counts(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.#heard].map(([alert, heard]) => [alert, heard.size]));
  }
}
