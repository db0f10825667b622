// error: Property 'byts' does not exist on type 'Hit'
import { sum } from '../../core/aggregates/index.ts';
import { window } from './aggregate-fixture.ts';

window({ aggregate: { x: sum((hit) => hit.byts) } });
