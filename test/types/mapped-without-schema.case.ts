// error: this stream was mapped, so its table needs the schema of its rows: lake\(name, \{ schema \}\)
import { lake } from '../../core/pipeline/index.ts';
import { hits } from './fixture.ts';

hits.map('host', ({ host }) => ({ host })).to(lake('hosts'));
