import type { KinesisStreamEvent } from 'aws-lambda';
import * as z from 'zod';
import type { ObjectSchema } from '../../core/event/event.ts';
import type { Plan } from '../../core/pipeline/index.ts';

/** What reading events costs at the least in this language: base64, `JSON.parse`, and Zod for those that the plan takes. */
export function limitOf({ nodes }: Plan): (event: KinesisStreamEvent) => number {
  const schemas = new Map<string, ObjectSchema>();
  for (const node of nodes) if (node.kind === 'source') schemas.set(node.id, node.event.schema);
  return ({ Records }) => {
    let valid = 0;
    for (const { kinesis } of Records) {
      const { type, data } = JSON.parse(Buffer.from(kinesis.data, 'base64').toString());
      const schema = schemas.get(type);
      if (schema && z.safeParse(schema, data).success) valid += 1;
    }
    return valid;
  };
}
