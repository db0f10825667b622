// error: Type .string. is not assignable to type .number.
import { average } from '../../core/aggregates/index.ts';
import { window } from './aggregate-fixture.ts';

window({ aggregate: { x: average((hit) => hit.host) } });
