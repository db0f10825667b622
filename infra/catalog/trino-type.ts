/** Hive's name of a scalar type → Trino's. Athena reads Hive's `timestamp` with milliseconds. */
const SCALARS = new Map(
  Object.entries({
    string: 'varchar',
    boolean: 'boolean',
    tinyint: 'tinyint',
    smallint: 'smallint',
    int: 'integer',
    bigint: 'bigint',
    float: 'real',
    double: 'double',
    timestamp: 'timestamp(3)',
    date: 'date',
    binary: 'varbinary',
  }),
);

/** A column's type is none that a view can be declared with. */
export class ColumnTypeError extends Error {
  override readonly name = 'ColumnTypeError';
}

/** The Trino type by which Athena knows a Hive type: `array<struct<a:string>>` → `array(row("a" varchar))`.
 *  @throws ColumnTypeError naming the type and the place in it. */
export function trinoType(hive: string): string {
  const parser = new HiveTypeParser(hive);
  const type = parser.type();
  parser.end();
  return type;
}

class HiveTypeParser {
  readonly #source: string;
  #at = 0;

  constructor(source: string) {
    this.#source = source;
  }

  type(): string {
    const name = this.#word();
    if (name === 'array') return `array(${this.#enclosed(() => this.type())})`;
    if (name === 'map') return `map(${this.#enclosed(() => `${this.type()},${this.#after(',', () => this.type())}`)})`;
    if (name === 'struct') return `row(${this.#enclosed(() => this.#fields())})`;
    const decimal = name === 'decimal' ? /^\(\d+,\d+\)/.exec(this.#source.slice(this.#at)) : null;
    if (decimal) {
      this.#at += decimal[0].length;
      return `decimal${decimal[0]}`;
    }
    return SCALARS.get(name) ?? this.#refuse(`a type, found '${name}'`);
  }

  end(): void {
    if (this.#at !== this.#source.length) this.#refuse('the end of the type');
  }

  #fields(): string {
    const fields: string[] = [];
    do {
      const name = this.#word();
      // Quoted: Trino reads this as SQL, where a field may be called like a keyword.
      fields.push(`"${name}" ${this.#after(':', () => this.type())}`);
    } while (this.#skip(','));
    return fields.join(',');
  }

  #enclosed(inner: () => string): string {
    const content = this.#after('<', inner);
    if (!this.#skip('>')) this.#refuse("'>'");
    return content;
  }

  #after(mark: string, inner: () => string): string {
    if (!this.#skip(mark)) this.#refuse(`'${mark}'`);
    return inner();
  }

  #skip(mark: string): boolean {
    const found = this.#source[this.#at] === mark;
    if (found) this.#at += 1;
    return found;
  }

  #word(): string {
    const word = /^\w+/.exec(this.#source.slice(this.#at))?.[0] ?? this.#refuse('a name');
    this.#at += word.length;
    return word;
  }

  #refuse(expected: string): never {
    throw new ColumnTypeError(`Hive type '${this.#source}': expected ${expected} at position ${this.#at}`);
  }
}
