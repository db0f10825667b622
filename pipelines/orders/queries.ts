import type { SavedQuery } from '../../core/pipeline/index.ts';

export const queries: readonly SavedQuery[] = [
  {
    name: 'orders-by-status',
    description: 'How many orders there are in each status',
    sql: `
SELECT status, count(*) AS orders
FROM (
  SELECT key, max_by(op, at) AS op, max_by(after.status, at) AS status
  FROM order_changes
  GROUP BY key
)
WHERE op <> 'delete'
GROUP BY status
ORDER BY orders DESC, status`,
  },
  {
    name: 'unpaid-by-hour',
    description: 'Orders placed in each hour, and how many of them nobody paid within half an hour',
    sql: `
SELECT date_format(date_trunc('hour', changed.event_time), '%Y-%m-%d %H:00') AS hour,
  count(*) AS orders, count(unpaid.orderid) AS unpaid
FROM order_changes AS changed
LEFT JOIN unpaid ON unpaid.orderid = changed.key
WHERE changed.op = 'insert'
GROUP BY 1
ORDER BY 1
LIMIT 12`,
  },
  {
    name: 'wrong-payments',
    description: 'Payments of another amount than their order, the largest difference first',
    sql: `
SELECT orderid, totalcents, amountcents, totalcents - amountcents AS missing
FROM mispaid
ORDER BY abs(totalcents - amountcents) DESC, orderid
LIMIT 10`,
  },
];
