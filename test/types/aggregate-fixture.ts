import type { AnyAggregate } from '../../core/aggregates/aggregate.ts';
import type { Aggregates, ResultsOf } from '../../core/aggregates/index.ts';

export type Hit = {
  readonly host: string;
  readonly status: number;
  readonly bytes: number;
  readonly referrer?: string | undefined;
};

/** As a step takes them: what the items are is known, the aggregates are inferred. */
export declare function window<Named extends Aggregates<Hit>>(options: { readonly aggregate: Named }): ResultsOf<Named>;
export declare function total<Result>(aggregate: AnyAggregate<Hit, Result>): Result;
/** Compiles when both types are the same; `any` is the same as itself only. */
export declare function same<Found, Expected>(
  sure: (<T>() => T extends Found ? 1 : 2) extends <T>() => T extends Expected ? 1 : 2
    ? 'same'
    : { readonly found: Found },
): void;
