// error: Property 'length' does not exist on type
import { from, minutes } from '../../core/pipeline/index.ts';
import { Order } from '../support/orders.ts';

const { matched } = from(Order).sequence('pairs', { pattern: (p) => p.take('one').take('two'), within: minutes(10) });
matched.map('length', ({ one }) => one.length);
