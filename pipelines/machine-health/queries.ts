import type { SavedQuery } from '../../core/pipeline/index.ts';

export const queries: readonly SavedQuery[] = [
  {
    name: 'strange-stretches',
    description: 'When a machine had been strange for six hours, and for how long it went on',
    sql: `
SELECT began_strange.machine,
  began_strange.ended AS known,
  round(began_strange.mean, 1) AS mean,
  round(began_strange.usual, 1) AS usual,
  max(later.strange) AS hours
FROM temperature_by_hour began_strange
JOIN temperature_by_hour later
  ON later.machine = began_strange.machine AND later.strange > 5
  AND date_diff('hour', began_strange.ended, later.ended) = later.strange - 6
WHERE began_strange.strange = 6
GROUP BY 1, 2, 3, 4
ORDER BY 2`,
  },
  {
    name: 'coldest-days',
    description: 'The five coldest days',
    sql: `
SELECT machine, date_format(began, '%Y-%m-%d') AS day, round(mean, 1) AS mean, round(lowest, 1) AS lowest,
  round(highest, 1) AS highest, readings
FROM temperature_of_a_day
WHERE hour(ended) = 0
ORDER BY mean
LIMIT 5`,
  },
];
