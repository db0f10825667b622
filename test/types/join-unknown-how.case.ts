// error: Type '"outer"' is not assignable to type 'JoinHow'
import { minutes } from '../../core/pipeline/index.ts';
import { orders, payments } from './joins-fixture.ts';

orders.join('j', payments, { within: minutes(5), how: 'outer', with: () => ({}) });
