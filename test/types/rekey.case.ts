// fine: behind a rekey items are what they were, and need a schema for a table
import { lake } from '../../core/pipeline/index.ts';
import { hits, schema } from './fixture.ts';

const byStatus = hits.rekey('by-status', ({ status }) => String(status));
byStatus.filter('bad', ({ status }) => status >= 400).to(lake('bad', { schema }));
