// error: Property 'ammount' does not exist on type
import { from, minutes } from '../../core/pipeline/index.ts';
import { Order } from '../support/orders.ts';

from(Order).sequence('card-testing', {
  pattern: (p) => p.take('small', { where: ({ ammount }) => ammount < 2, times: 3 }).take('large'),
  within: minutes(10),
});
