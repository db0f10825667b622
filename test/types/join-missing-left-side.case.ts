// error: 'order' is possibly 'undefined'
import { minutes } from '../../core/pipeline/index.ts';
import { orders, payments } from './joins-fixture.ts';

orders.join('j', payments, {
  within: minutes(5),
  how: 'full',
  with: (order, payment) => ({ order: order.cents, paid: payment?.paid }),
});
