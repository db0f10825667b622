import type { AsTheyCame, Mapped } from './stream.ts';

/** What a target must also be, so that the compiler refuses it with a sentence; `unknown` asks for nothing. */
export type Fits<Item, Kind extends AsTheyCame | Mapped, Row> = [Row] extends [undefined]
  ? Kind extends AsTheyCame
    ? unknown
    : Refused<'this stream was mapped, so its table needs the schema of its rows: lake(name, { schema })'>
  : [Item] extends [Row]
    ? unknown
    : Item extends object
      ? Refused<`the table's schema does not fit the stream's items in: ${Misfits<Item, Row> & string}`>
      : Refused<"a table's rows are objects, and the stream's items are not">;

interface Refused<Sentence extends string> {
  readonly refused: Sentence;
}

/** Fields of the row that the item lacks or has with another type. */
type Misfits<Item, Row> = {
  [Field in keyof Row]-?: Field extends keyof Item
    ? Item[Field] extends Row[Field]
      ? never
      : Field
    : undefined extends Row[Field]
      ? never
      : Field;
}[keyof Row];
