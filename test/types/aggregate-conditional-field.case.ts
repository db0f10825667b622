// error: Argument of type '"hosts"' is not assignable to parameter of type .*FieldOf<Hit, Scalar>
import { distinctCount, when } from '../../core/aggregates/index.ts';
import { window } from './aggregate-fixture.ts';

window({ aggregate: { x: when((hit) => hit.status >= 400, distinctCount('hosts'), { none: 0 }) } });
