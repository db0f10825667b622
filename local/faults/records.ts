import type { ServerResponse } from 'node:http';
import { LOCAL_ACCOUNT, type LocalService } from '../service.ts';
import { readBody, withBody } from '../services/json-api.ts';
import type { Dice } from './dice.ts';

type Handle = LocalService['handle'];

/** A call that takes many records, as far as both services agree. */
interface Input {
  readonly Records?: readonly { readonly Data?: string }[];
}
type Result = Readonly<Record<string, unknown>>;

/** What the two services call the same thing in their answers. */
const ANSWERS = {
  kinesis: {
    results: 'Records',
    failures: 'FailedRecordCount',
    failed: {
      ErrorCode: 'ProvisionedThroughputExceededException',
      ErrorMessage: `Rate exceeded for shard in stream under account ${LOCAL_ACCOUNT}.`,
    },
  },
  firehose: {
    results: 'RequestResponses',
    failures: 'FailedPutCount',
    failed: { ErrorCode: 'ServiceUnavailableException', ErrorMessage: 'Slow down.' },
  },
} as const;

/** Firehose's limits of a call; what is stored twice must not break them. */
const RECORDS_MAX = 500;
const CALL_BYTES_MAX = 4 * 1024 * 1024;

/** The same service, refusing some records of a call: the others are taken. */
export function refusingRecords(scope: 'kinesis' | 'firehose', dice: Dice, handle: Handle): Handle {
  const { results, failures, failed } = ANSWERS[scope];
  return changing(handle, ({ Records: records = [] }) => {
    const isTaken = records.map(() => !dice.strikes());
    const taken = records.filter((_, index) => isTaken[index]);
    const answer = (given: Result): Result => {
      const ofTaken = [...((given[results] as readonly Result[] | undefined) ?? [])];
      const all = isTaken.map((was) => (was ? ofTaken.shift() : failed));
      const before = Number(given[failures] ?? 0);
      return { ...given, [failures]: before + records.length - taken.length, [results]: all };
    };
    return { records: taken, answer };
  });
}

/** The same Firehose, storing some records twice, as far as its limits let it. */
export function doublingRecords(dice: Dice, handle: Handle): Handle {
  return changing(handle, ({ Records: records = [] }) => {
    const bytesOf = (record: (typeof records)[number]) => Math.ceil(((record?.Data?.length ?? 0) * 3) / 4);
    let bytes = records.reduce((sum, record) => sum + bytesOf(record), 0);
    let room = RECORDS_MAX - records.length;
    const copies = records.filter((record) => {
      const fits = room > 0 && bytes + bytesOf(record) <= CALL_BYTES_MAX;
      if (!fits || !dice.strikes()) return false;
      room -= 1;
      bytes += bytesOf(record);
      return true;
    });
    const answer = (given: Result): Result => ({
      ...given,
      RequestResponses: (given.RequestResponses as readonly Result[]).slice(0, records.length),
    });
    return { records: [...records, ...copies], answer };
  });
}

interface Change {
  readonly records: NonNullable<Input['Records']>;
  /** What the caller is told, from the service's answer; from `{}` when no record was left for the service. */
  readonly answer: (given: Result) => Result;
}

/** Hands the service other records than the caller gave, and the caller another answer. Errors go through as they are,
 *  as does what is no such call. */
function changing(handle: Handle, change: (input: Input) => Change): Handle {
  return async (request, response) => {
    const body = await readBody(request);
    const input = parsed(body);
    if (input === undefined) return handle(withBody(request, body), response);
    const { records, answer } = change(input);
    if (records.length === 0) return send(response, request.headers['content-type'], answer({}));
    onSuccess(response, (text) => send(response, request.headers['content-type'], answer(JSON.parse(text))));
    return handle(withBody(request, Buffer.from(JSON.stringify({ ...input, Records: records }))), response);
  };
}

function parsed(body: Buffer): Input | undefined {
  try {
    const input: Input | null = JSON.parse(body.toString('utf8'));
    return Array.isArray(input?.Records) && input.Records.length > 0 ? input : undefined;
  } catch {
    // Not JSON: the service says so to the caller.
    return undefined;
  }
}

/** Hands a JSON service's answer to `then`, which sends another one; an error goes out as it is. */
function onSuccess(response: ServerResponse, then: (text: string) => void): void {
  const { writeHead, end } = response;
  let head: unknown[] = [response.statusCode];
  response.writeHead = (...given: unknown[]) => {
    head = given;
    return response;
  };
  response.end = ((text: string) => {
    Object.assign(response, { writeHead, end });
    if (head[0] === 200) then(text);
    else response.writeHead(...(head as [number])).end(text);
    return response;
  }) as typeof end;
}

function send(response: ServerResponse, type: string | undefined, answer: Result): void {
  const text = JSON.stringify(answer);
  response.writeHead(200, {
    'content-type': type ?? 'application/x-amz-json-1.1',
    'content-length': Buffer.byteLength(text),
  });
  response.end(text);
}
