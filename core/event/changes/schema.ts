import * as z from 'zod';
import type { ObjectSchema } from '../event.ts';

/** The schema of a table's changes, for `event('order.changed', { schema: changeSchema(Order), key: 'key', time: 'at', … })`;
 *  `row` is the schema of the table's rows. Of the row before the change any field may be missing or null, since sources
 *  differ in what they tell of it. */
export function changeSchema<Row extends ObjectSchema>(row: Row) {
  return z.object({
    op: z.enum(['insert', 'update', 'delete']),
    at: z.iso.datetime(),
    table: z.string(),
    key: z.string(),
    before: z.optional(knownOf(row)),
    after: z.optional(row),
  });
}

type Shape<Row extends ObjectSchema> = Row['_zod']['def']['shape'];

type Known<Row extends ObjectSchema> = z.ZodObject<{
  [Field in keyof Shape<Row>]: z.ZodOptional<z.ZodNullable<Shape<Row>[Field]>>;
}>;

/** Not `partial()`, which takes no null and no schema with a refinement. */
function knownOf<Row extends ObjectSchema>(row: Row): Known<Row> {
  const fields = Object.entries(row._zod.def.shape).map(([name, schema]) => [name, z.nullish(schema)]);
  return z.object(Object.fromEntries(fields)) as unknown as Known<Row>;
}
