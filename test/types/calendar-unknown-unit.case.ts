// error: Argument of type '"year"' is not assignable to parameter of type 'CalendarUnit'
import { calendar } from '../../core/pipeline/index.ts';

calendar('year', { timeZone: 'UTC' });
