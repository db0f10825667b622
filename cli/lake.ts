import { setTimeout as pause } from 'node:timers/promises';
import { AthenaClient } from '@aws-sdk/client-athena';
import type { Plan } from '../core/pipeline/index.ts';
import { quarantineTable } from '../core/pipeline/quarantine.ts';
import { type QueryResult, runQuery } from './athena.ts';
import { CliError } from './errors.ts';
import type { StageOutputs } from './outputs.ts';
import { Progress } from './progress.ts';
import type { Target } from './target.ts';

/** Rows of each table, and of the view that reads each id once. */
export type Counts = Readonly<Record<string, { readonly rows: number; readonly distinct: number }>>;

const POLL_MS = 500;
/** How long nothing may change before waiting is given up. */
const PATIENCE_SECONDS = 60;

/** The tables of a pipeline, counted by SQL. */
export class Lake {
  readonly plan: Plan;
  readonly #athena: AthenaClient;
  readonly #outputs: StageOutputs;

  constructor(target: Target, outputs: StageOutputs, plan: Plan) {
    this.plan = plan;
    this.#athena = new AthenaClient(target.client);
    this.#outputs = outputs;
  }

  /** The table that every event comes to. Throws a CliError for a pipeline without one. */
  get everyEvent(): string {
    const sources = new Set(this.plan.nodes.filter(({ kind }) => kind === 'source').map(({ id }) => id));
    const node = this.plan.nodes.find((each) => each.kind === 'lake' && each.inputs.some((id) => sources.has(id)));
    if (node?.kind === 'lake') return node.table.name;
    throw new CliError(`pipeline '${this.plan.name}' has no table of every event, so nothing tells when all is there`);
  }

  query(sql: string): Promise<QueryResult> {
    return runQuery(sql, { athena: this.#athena, outputs: this.#outputs });
  }

  async counts(): Promise<Counts> {
    const tables = [...this.plan.tables, quarantineTable].map(({ name }) => name);
    const selects = tables.map(
      (name) =>
        `SELECT '${name}' AS name, (SELECT count(*) FROM ${name}_rows) AS n, (SELECT count(*) FROM ${name}) AS distinct_n`,
    );
    const { rows } = await this.query(selects.join(' UNION ALL '));
    return Object.fromEntries(
      rows.map(([name, all, distinct]) => [String(name), { rows: Number(all), distinct: Number(distinct) }]),
    );
  }

  /** Waits until as many events as were put are in the lake or in quarantine, and no table has grown for longer than
   *  Firehose holds rows back.
   *  @throws CliError when nothing has changed for a minute and events are missing. */
  async wait(put: number, bufferSeconds: number): Promise<void> {
    const progress = new Progress('in the lake');
    let last = '';
    let changedAt = performance.now();
    try {
      for (;;) {
        const counts = await this.counts();
        const there = (counts[this.everyEvent]?.distinct ?? 0) + (counts.quarantine?.distinct ?? 0);
        progress.update(there, `of ${put.toLocaleString('en-US')}`);
        const now = JSON.stringify(counts);
        if (now !== last) changedAt = performance.now();
        last = now;
        const stillSeconds = (performance.now() - changedAt) / 1000;
        if (there >= put && stillSeconds > bufferSeconds + 1) return;
        if (stillSeconds > PATIENCE_SECONDS + bufferSeconds) {
          throw new CliError(
            `${put} events were put and ${there} reached the lake or quarantine; nothing moves any more`,
          );
        }
        await pause(POLL_MS);
      }
    } finally {
      progress.end();
    }
  }

  close(): void {
    this.#athena.destroy();
  }
}
