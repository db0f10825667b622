export type HistoryItemType = 'Action' | 'ConfigurationUpdate' | 'StateUpdate';

export interface HistoryItem {
  readonly AlarmName: string;
  readonly AlarmType: 'MetricAlarm';
  readonly Timestamp: Date;
  readonly HistoryItemType: HistoryItemType;
  readonly HistorySummary: string;
  readonly HistoryData: string;
}

/** CloudWatch keeps history for 30 days; a local run, besides, this many items. */
const KEPT_MS = 30 * 24 * 3_600_000;
const ITEMS_MAX = 10_000;

/** What became of alarms, the oldest first; also of deleted ones. */
export class History {
  readonly #now: () => number;
  #items: HistoryItem[] = [];

  constructor(now: () => number) {
    this.#now = now;
  }

  add(alarm: string, type: HistoryItemType, summary: string, data: object): void {
    this.#items.push({
      AlarmName: alarm,
      AlarmType: 'MetricAlarm',
      Timestamp: new Date(this.#now()),
      HistoryItemType: type,
      HistorySummary: summary,
      HistoryData: JSON.stringify({ version: '1.0', ...data }),
    });
    if (this.#items.length > ITEMS_MAX) this.#items.shift();
  }

  items(): readonly HistoryItem[] {
    const oldestMs = this.#now() - KEPT_MS;
    this.#items = this.#items.filter(({ Timestamp }) => Timestamp.getTime() >= oldestMs);
    return this.#items;
  }
}
