// error: Property 'large' does not exist on type
import { from, minutes } from '../../core/pipeline/index.ts';
import { Order } from '../support/orders.ts';

from(Order).sequence('card-testing', {
  pattern: (p) => p.take('small', { given: ({ amount }, { large }) => amount < large.amount }).take('large'),
  within: minutes(10),
});
