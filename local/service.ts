import type { IncomingMessage, ServerResponse } from 'node:http';

/** A resource of the template, its properties already resolved. */
export interface Resource {
  readonly stack: string;
  readonly logicalId: string;
  /** CloudFormation type, e.g. `AWS::Kinesis::Stream`. */
  readonly type: string;
  // biome-ignore lint/suspicious/noExplicitAny: the shape is the CloudFormation type's own
  readonly properties: Record<string, any>;
}

/** What `Ref` and `Fn::GetAtt` give for a resource that has been made. */
export interface Provisioned {
  readonly ref: string;
  readonly attributes: Readonly<Record<string, string>>;
}

export type Provision = (resource: Resource) => Promise<Provisioned> | Provisioned;

/** One AWS service on this machine. The gateway hands it the requests signed for it; the template's resources of the
 *  types it knows are made by it. */
export interface LocalService {
  /** Names of the service in SigV4's credential scope, e.g. `kinesis`; empty when it answers no API. */
  readonly scopes: readonly string[];
  /** By CloudFormation type. */
  readonly provisions: Readonly<Record<string, Provision>>;
  /** Requests come over HTTP/1.1 or, through Node's compatibility API, over HTTP/2. */
  handle(request: IncomingMessage, response: ServerResponse): void | Promise<void>;
  close(): Promise<void>;
}

/** Account and region of the local run. */
export const LOCAL_ACCOUNT = '000000000000';
export const LOCAL_REGION = 'us-east-1';

/** Counts a value into a CloudWatch metric. The metrics of AWS's own services have their unit anyway. */
export type RecordMetric = (
  namespace: string,
  name: string,
  dimensions: Readonly<Record<string, string>>,
  value: number,
  kept?: {
    readonly unit?: string;
    /** By the second, else by the minute. */
    readonly isHighResolution?: boolean;
  },
) => void;

/** What every local service is given. */
export interface ServiceContext {
  /** The gateway's address, for services that call others through their API, e.g. `http://127.0.0.1:4566`. */
  readonly endpoint: string;
  /** Directory that survives the run; undefined keeps everything in memory or a temporary directory. */
  readonly stateDir: string | undefined;
  /** Directory for scratch files; exists, and is removed at the end of the run. */
  readonly scratchDir: string;
  readonly metric: RecordMetric;
  /** Writes one line for the person at the terminal. Never a payload. */
  readonly log: (line: string) => void;
}
