// error: Property 'cents' does not exist on type
import { minutes } from '../../core/pipeline/index.ts';
import { orders, payments } from './joins-fixture.ts';

const { late } = orders.join('j', payments, { within: minutes(5), how: 'inner', with: () => ({}) });
late.right.filter('large', ({ cents }) => cents > 100);
