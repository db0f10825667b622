// error: Type 'string' is not assignable to type 'number'
import { lake, pipeline } from '../../core/pipeline/index.ts';
import { drive } from '../../testing/drive.ts';
import { Hit, hits } from './fixture.ts';

const run = drive(pipeline('p', [hits.to(lake('hits'))]));
await run.put(Hit, { host: 'a', at: '2026-11-21T00:00:00Z', status: '200' });
