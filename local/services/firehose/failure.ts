import { LOCAL_ACCOUNT, LOCAL_REGION } from '../../service.ts';
import type { Conversion } from './conversion-settings.ts';
import type { Accepted, Arrived, Origin } from './part.ts';

/** Folder of the error output a failed record goes to. */
export type ErrorType = 'format-conversion-failed' | 'processing-failed';

/** A record that could not be delivered as it should, and why. */
export interface Failure extends Arrived {
  readonly type: ErrorType;
  /** Firehose's code, e.g. `DataFormatConversion.MalformedData`. */
  readonly code: string;
  readonly message: string;
  readonly origin?: Origin | undefined;
  /** How often it was tried; once unless told. */
  readonly attempts?: number | undefined;
  /** The function that was to transform it. */
  readonly lambdaArn?: string | undefined;
}

/** A record that does not come through what stands before its delivery. */
export const processingFailure = (
  { data, arrivalMs, origin }: Accepted,
  code: string,
  message: string,
  of: Pick<Failure, 'attempts' | 'lambdaArn'> = {},
): Failure => ({ type: 'processing-failed', code, message, data, arrivalMs, origin, ...of });

/** One line of an error object, with the fields Firehose writes. */
export function failureLine(failure: Failure, conversion: Conversion | undefined, nowMs: number): string {
  const common = { attemptsMade: failure.attempts ?? 1, arrivalTimestamp: failure.arrivalMs };
  const end = { attemptEndingTimestamp: nowMs, rawData: failure.data.toString('base64') };
  if (failure.type === 'processing-failed') {
    return JSON.stringify({
      ...common,
      errorCode: failure.code,
      errorMessage: failure.message,
      ...end,
      lambdaArn: failure.lambdaArn,
    });
  }
  return JSON.stringify({
    ...common,
    lastErrorCode: failure.code,
    lastErrorMessage: failure.message,
    ...end,
    sequenceNumber: failure.origin?.sequenceNumber ?? null,
    subSequenceNumber: failure.origin?.subsequenceNumber ?? null,
    dataCatalogTable: {
      catalogId: LOCAL_ACCOUNT,
      databaseName: conversion?.database,
      tableName: conversion?.table,
      region: LOCAL_REGION,
      versionId: conversion?.versionId,
      catalogArn: `arn:aws:glue:${LOCAL_REGION}:${LOCAL_ACCOUNT}:catalog`,
    },
  });
}
