// error: Property 'byts' does not exist on type .* Did you mean 'bytes'\?
import { sum } from '../../core/aggregates/index.ts';
import { window } from './aggregate-fixture.ts';

window({ aggregate: { bytes: sum('bytes') } }).byts;
