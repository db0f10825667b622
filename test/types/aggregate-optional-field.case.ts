// error: Argument of type '"referrer"' is not assignable to parameter of type .*FieldOf<Hit,
import { latest } from '../../core/aggregates/index.ts';
import { window } from './aggregate-fixture.ts';

window({ aggregate: { x: latest('referrer') } });
