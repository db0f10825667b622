// fine: a driven pipeline takes data as its event's schema does, one or several
import { lake, pipeline } from '../../core/pipeline/index.ts';
import { drive } from '../../testing/drive.ts';
import { Hit, hits } from './fixture.ts';

const run = drive(pipeline('p', [hits.to(lake('hits'))]), { shards: 2, start: '2026-11-21T00:00:00Z' });
const hit = { host: 'a', at: '2026-11-21T00:00:00Z', status: 200 };
await run.put(Hit, hit, { id: '1' });
await run.put(Hit, [hit, hit]);
run.crash({ before: 'outbox' });
run.rows('hits')[0]?.status;
