import { AthenaClient } from '@aws-sdk/client-athena';
import type { Plan } from '../core/pipeline/index.ts';
import { partsOf } from '../core/pipeline/plan.ts';
import { quarantineTable } from '../core/pipeline/quarantine.ts';
import { type QueryResult, runQuery } from './athena.ts';
import type { StageOutputs } from './outputs.ts';
import type { Target } from './target.ts';

/** Rows of a table, and of the view that reads each id once. */
export interface Count {
  readonly rows: number;
  readonly distinct: number;
}

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

  query(sql: string): Promise<QueryResult> {
    return runQuery(sql, { athena: this.#athena, outputs: this.#outputs });
  }

  /** By table, those behind hops and the quarantine among them. */
  async counts(): Promise<Readonly<Record<string, Count>>> {
    const tables = [...partsOf(this.plan).flatMap((part) => part.tables), quarantineTable].map(({ name }) => name);
    const selects = tables.map(
      (name) =>
        `SELECT '${name}' AS name, (SELECT count(*) FROM ${name}_rows) AS n, (SELECT count(*) FROM ${name}) AS distinct_n`,
    );
    const { rows } = await this.query(selects.join(' UNION ALL '));
    return Object.fromEntries(
      rows.map(([name, all, distinct]) => [String(name), { rows: Number(all), distinct: Number(distinct) }]),
    );
  }

  /** Records of the pipeline's own stream in quarantine; those of the streams behind hops are not among them. */
  async quarantined(): Promise<number> {
    const { rows } = await this.query(`SELECT count(*) FROM quarantine WHERE pipeline = '${this.plan.name}'`);
    return Number(rows[0]?.[0]);
  }

  close(): void {
    this.#athena.destroy();
  }
}

/** For each event type that the pipeline reads a table that its every event comes to; undefined where one has none. */
export function everyEvent({ nodes }: Plan): readonly string[] | undefined {
  const sources = nodes.filter(({ kind }) => kind === 'source');
  const tables = sources.flatMap((source) => {
    const node = nodes.find((each) => each.kind === 'lake' && each.inputs.includes(source.id));
    return node?.kind === 'lake' ? [node.table.name] : [];
  });
  return tables.length === sources.length ? tables : undefined;
}
