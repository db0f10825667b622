/** How the items of a group become one result. */
export { type Aggregate, AggregateInputError, type Aggregates, type ItemTime, type ResultsOf } from './aggregate.ts';
export { all } from './all.ts';
export { average } from './average.ts';
export { collect } from './collect.ts';
export { count, countIf } from './count.ts';
export { distinctCount } from './distinct-count.ts';
export { first, latest } from './ends.ts';
export { max, min } from './extreme.ts';
export { mostFrequent } from './most-frequent.ts';
export { quantiles } from './quantiles.ts';
export { reduce } from './reduce.ts';
export { sum } from './sum.ts';
export { top } from './top.ts';
export { stddev, variance } from './variance.ts';
export { when } from './when.ts';
