// error: Property 'change' is missing
import { orders } from './joins-fixture.ts';

orders.table('orders', {});
