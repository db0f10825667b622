// fine: alerts, views and streams take what the items are, and say so to the functions
import { alert, hours, stream, view } from '../../core/pipeline/index.ts';
import { Hit, hits } from './fixture.ts';

hits.to(
  alert('failed', { quiet: hours(1), subject: 'Failed', text: ({ status }, key) => `${key}: ${status.toFixed()}` }),
);
hits.to(view('last', { row: ({ host, status }) => (status < 400 ? { host } : undefined) }));
hits.to(stream('hits', Hit));
