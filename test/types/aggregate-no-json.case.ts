// error: not assignable to parameter of type .*FieldOf<Hit, Json>
import { latest } from '../../core/aggregates/index.ts';
import { window } from './aggregate-fixture.ts';

window({ aggregate: { x: latest(() => new Date(0)) } });
