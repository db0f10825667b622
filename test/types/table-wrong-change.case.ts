// error: is not assignable to type 'RowChange<
import { orders } from './joins-fixture.ts';

orders.table('orders', { change: ({ cents }) => ({ insert: cents }) });
