import { LOCAL_ACCOUNT, LOCAL_REGION } from '../../service.ts';
import type { Conversion } from './settings.ts';

/** Folder of the error output a failed record goes to. */
export type ErrorType = 'format-conversion-failed' | 'processing-failed';

/** A record that could not be delivered as it should, and why. */
export interface Failure {
  readonly type: ErrorType;
  /** Firehose's code, e.g. `DataFormatConversion.MalformedData`. */
  readonly code: string;
  readonly message: string;
  readonly data: Buffer;
  readonly arrivalMs: number;
}

/** One line of an error object, with the fields Firehose writes. */
export function failureLine(failure: Failure, conversion: Conversion | undefined, nowMs: number): string {
  const common = { attemptsMade: 1, arrivalTimestamp: failure.arrivalMs };
  const end = { attemptEndingTimestamp: nowMs, rawData: failure.data.toString('base64') };
  if (failure.type === 'processing-failed') {
    return JSON.stringify({ ...common, errorCode: failure.code, errorMessage: failure.message, ...end });
  }
  return JSON.stringify({
    ...common,
    lastErrorCode: failure.code,
    lastErrorMessage: failure.message,
    ...end,
    sequenceNumber: null,
    subSequenceNumber: null,
    dataCatalogTable: {
      catalogId: null,
      databaseName: conversion?.database,
      tableName: conversion?.table,
      region: LOCAL_REGION,
      versionId: 'LATEST',
      catalogArn: `arn:aws:glue:${LOCAL_REGION}:${LOCAL_ACCOUNT}:catalog`,
    },
  });
}
