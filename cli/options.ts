import { InvalidArgumentError, Option } from 'commander';

/** A parser for options that take a whole number from `min` to `max`. */
export function wholeNumber(min: number, max: number): (value: string) => number {
  return (value) => {
    const number = Number(value);
    if (/^\d+$/.test(value) && number >= min && number <= max) return number;
    throw new InvalidArgumentError(`Expected a whole number from ${min} to ${max}.`);
  };
}

/** A parser for the name of a stage: what the CDK app takes. */
export function stageName(value: string): string {
  if (/^[a-z][a-z0-9]{0,15}$/.test(value)) return value;
  throw new InvalidArgumentError('Expected a lower-case letter and up to 15 letters and digits more.');
}

/** What a local run does with calls that the stack's policies do not let through. */
export const iamOption = (): Option =>
  new Option(
    '--iam <mode>',
    'what to do with a call that no policy of the stack allows: refuse it, tell of it, or nothing',
  )
    .choices(['enforce', 'warn', 'off'])
    .default('enforce');

export type OnOff = 'on' | 'off';

/** `--kinesis-limits`, for commands that run the stack here. */
export function kinesisLimits(standard: OnOff): Option {
  const text = 'whether shards refuse what is over 1,000 records or 1 MB a second written, 2 MB a second read';
  return new Option('--kinesis-limits <on|off>', text).choices(['on', 'off']).default(standard);
}
