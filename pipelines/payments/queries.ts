import type { SavedQuery } from '../../core/pipeline/index.ts';

export const queries: readonly SavedQuery[] = [
  {
    name: 'suspicions-by-pattern',
    description: 'Suspicions of each pattern, of how many cards, and the payments they are about',
    sql: `
SELECT pattern, count(*) AS suspicions, count(DISTINCT card) AS cards, sum(payments) AS payments
FROM suspicions
GROUP BY pattern
ORDER BY pattern`,
  },
  {
    name: 'latest-suspicions',
    description: 'The five latest suspicions',
    sql: `
SELECT date_format(ended, '%Y-%m-%d %H:%i') AS time, card, pattern, why
FROM suspicions
ORDER BY ended DESC, card
LIMIT 5`,
  },
  {
    name: 'money-taken',
    description: 'What was approved in the time that suspicions are about',
    sql: `
SELECT pattern, currency, count(*) AS payments, sum(amountcents) / 100 AS amount
FROM (
  SELECT DISTINCT suspicions.pattern, card_payments.event_id, card_payments.currency, card_payments.amountcents
  FROM suspicions
  JOIN card_payments ON card_payments.card = suspicions.card
  WHERE card_payments.event_time BETWEEN suspicions.began AND suspicions.ended AND card_payments.outcome = 'approved'
)
GROUP BY pattern, currency
ORDER BY pattern, currency`,
  },
];
