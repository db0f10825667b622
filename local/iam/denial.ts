import { ServiceError } from '../services/json-api.ts';

/** A call that the policies do not let through. */
export interface Denial {
  /** Name of the role; a service that may not assume it has none yet. */
  readonly role: string;
  /** Such as `kinesis:PutRecords`. */
  readonly action: string;
  /** An ARN, or `*`. */
  readonly resource: string;
  /** As AWS words it. */
  readonly message: string;
}

/** Code and status by which services refuse a call, where they differ from the JSON protocols' own. Sources: the common
 *  errors of each API reference. */
const CODES: Readonly<Record<string, readonly [string, number]>> = {
  cloudformation: ['AccessDenied', 403],
  lambda: ['AccessDeniedException', 403],
  monitoring: ['AccessDenied', 403],
  s3: ['AccessDenied', 403],
  sns: ['AuthorizationError', 403],
  sts: ['AccessDenied', 403],
};
/** Where it is the key that may not be used. */
const KMS_CODES: Readonly<Record<string, readonly [string, number]>> = {
  kinesis: ['KMSAccessDeniedException', 400],
  s3: ['AccessDenied', 403],
  sns: ['KMSAccessDenied', 400],
  sqs: ['KmsAccessDenied', 400],
};

/** The error by which a service answers a call that is denied. */
export function refusalOf(scope: string, { action, message }: Denial): ServiceError {
  const codes = action.startsWith('kms:') ? KMS_CODES : CODES;
  const [code, status] = codes[scope] ?? ['AccessDeniedException', 400];
  return new ServiceError(code, message, status);
}
