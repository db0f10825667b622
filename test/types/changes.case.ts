// fine: of a field or of what a function gives, also nothing
import { days, lake } from '../../core/pipeline/index.ts';
import { hits } from './fixture.ts';

hits.changes('status', { of: 'status' }).items.to(lake('hits'));
hits.changes('error', { of: ({ status }) => (status >= 400 ? status : undefined), ttl: days(1) }).late.to(lake('late'));
hits.map('optional', ({ host }): { error?: string | null } => ({ error: host })).changes('field', { of: 'error' });
