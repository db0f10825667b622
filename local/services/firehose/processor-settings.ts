import type { BufferHints } from './buffers.ts';
import { invalid } from './constraints.ts';
import { enabled } from './conversion-settings.ts';
import type { Given } from './destination-shape.ts';
import { MIB } from './limits.ts';

/** How a record is taken apart. */
export type Deaggregation = { readonly kind: 'JSON' } | { readonly kind: 'DELIMITED'; readonly delimiter: Buffer };

/** A function that records pass through. */
export interface Transformation {
  readonly lambdaArn: string;
  /** Further tries after the first. */
  readonly retries: number;
  readonly hints: BufferHints;
}

/** What happens to records before they are delivered. */
export interface Processing {
  readonly deaggregation: Deaggregation | undefined;
  readonly transformation: Transformation | undefined;
  /** jq program that gives an object of partition keys for a record. */
  readonly query: string | undefined;
  readonly appendDelimiter: boolean;
}

const LAMBDA_HINTS: BufferHints = { bytes: MIB, seconds: 60 };
const LAMBDA_RETRIES = 3;

const readers = {
  RecordDeAggregation(parameters: Map<string, string>): Deaggregation {
    const kind = parameters.get('SubRecordType');
    if (kind === 'JSON') return { kind };
    if (kind !== 'DELIMITED') throw invalid('SubRecordType has to be one of JSON, DELIMITED');
    const delimiter = parameters.get('Delimiter');
    if (!delimiter) throw invalid('Delimiter should be present for DELIMITED');
    return { kind, delimiter: Buffer.from(delimiter, 'base64') };
  },

  Lambda(parameters: Map<string, string>): Transformation {
    const lambdaArn = parameters.get('LambdaArn');
    if (!lambdaArn) throw invalid('LambdaArn is required when Lambda processor is used.');
    const retries = Number(parameters.get('NumberOfRetries') ?? LAMBDA_RETRIES);
    if (!(retries >= 0 && retries <= 300)) throw invalid('Number of retries for lambda must be between 0 and 300.');
    return { lambdaArn, retries, hints: lambdaHints(parameters) };
  },

  MetadataExtraction(parameters: Map<string, string>): string {
    if (parameters.get('JsonParsingEngine') !== 'JQ-1.6')
      throw invalid('MetaDataExtraction JSON Parsing Engine has to be one of JQ-1.6');
    const query = parameters.get('MetadataExtractionQuery');
    if (!query) throw invalid('MetadataExtractionQuery is required when MetadataExtraction processor is used.');
    return query;
  },
};

function lambdaHints(parameters: Map<string, string>): BufferHints {
  const size = parameters.get('BufferSizeInMBs');
  const interval = parameters.get('BufferIntervalInSeconds');
  if (size === undefined && interval === undefined) return LAMBDA_HINTS;
  if (size === undefined || interval === undefined) {
    throw invalid(
      'Both BufferSizeInMBs and BufferIntervalInSeconds are required to configure buffering for lambda processor.',
    );
  }
  if (!(Number(size) >= 0.2 && Number(size) <= 3))
    throw invalid('BufferSizeInMBs for lambda processor must be between 0.2 and 3.');
  if (!(Number(interval) >= 0 && Number(interval) <= 900))
    throw invalid('BufferIntervalInSeconds for lambda processor must be between 0 and 900.');
  return { bytes: Number(size) * MIB, seconds: Number(interval) };
}

/** By type, with the parameters by name. */
function processorsOf(given: Given | undefined): Map<string, Map<string, string>> {
  const found = new Map<string, Map<string, string>>();
  if (!enabled(given)) return found;
  const processors: Given[] = given.Processors ?? [];
  if (processors.length < 1 || processors.length > 5) {
    throw invalid('A maximum of 5 and a minimum of 1 processor needs to be supplied when processing is enabled.');
  }
  for (const { Type, Parameters = [] } of processors) {
    if (Type === 'Decompression' || Type === 'CloudWatchLogProcessing')
      throw invalid(`processor ${Type} is not emulated`);
    if (found.has(Type)) throw invalid(`Cannot have more than 1 ${Type} processor.`);
    found.set(Type, new Map(Parameters.map((p: Given) => [p.ParameterName, String(p.ParameterValue)])));
  }
  return found;
}

/** Reads `ProcessingConfiguration`. @throws InvalidArgumentException in AWS's words, or naming what is not emulated. */
export function processingOf(given: Given | undefined, partitioned: boolean): Processing {
  const processors = processorsOf(given);
  if (!partitioned) {
    for (const type of ['RecordDeAggregation', 'MetadataExtraction'].filter((type) => processors.has(type))) {
      throw invalid(
        `class com.amazonaws.services.firehose.internal.model.${type}Processor can only be present when Dynamic Partitioning is enabled.`,
      );
    }
  }
  const read = <Type extends keyof typeof readers>(type: Type) => {
    const parameters = processors.get(type);
    return parameters && (readers[type](parameters) as ReturnType<(typeof readers)[Type]>);
  };
  return {
    deaggregation: read('RecordDeAggregation'),
    transformation: read('Lambda'),
    query: read('MetadataExtraction'),
    appendDelimiter: processors.has('AppendDelimiterToRecord'),
  };
}
