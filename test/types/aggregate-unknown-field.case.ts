// error: Argument of type '"byts"' is not assignable to parameter of type .*FieldOf<Hit, number>
import { sum } from '../../core/aggregates/index.ts';
import { window } from './aggregate-fixture.ts';

window({ aggregate: { x: sum('byts') } });
