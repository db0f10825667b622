/** A query with question marks, kept in a workgroup by its name. */
export interface PreparedStatement {
  readonly name: string;
  readonly workGroup: string;
  readonly description: string;
  readonly sql: string;
  readonly modifiedAtMs: number;
}

const keyOf = (workGroup: string, name: string) => JSON.stringify([workGroup, name]);

/** Prepared statements of all workgroups. */
export class PreparedStatements {
  private readonly byKey = new Map<string, PreparedStatement>();

  get(workGroup: string, name: string): PreparedStatement | undefined {
    return this.byKey.get(keyOf(workGroup, name));
  }

  of(workGroup: string): PreparedStatement[] {
    return [...this.byKey.values()].filter((statement) => statement.workGroup === workGroup);
  }

  put(statement: Omit<PreparedStatement, 'modifiedAtMs'>): void {
    this.byKey.set(keyOf(statement.workGroup, statement.name), { ...statement, modifiedAtMs: Date.now() });
  }

  /** False when there is none of the name. */
  delete(workGroup: string, name: string): boolean {
    return this.byKey.delete(keyOf(workGroup, name));
  }
}
