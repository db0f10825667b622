// error: Type 'Aggregate<{ ms: number; }, .*' is not assignable to type 'AnyAggregate<Hit
import { sum } from '../../core/aggregates/index.ts';
import { window } from './aggregate-fixture.ts';

window({ aggregate: { x: sum<{ ms: number }>('ms') } });
