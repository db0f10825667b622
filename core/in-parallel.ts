/** Does the work for each item, for `limit` of them at a time; the results come in the items' order. Once work has failed,
 *  no more of it is begun; what it failed with is thrown when all that had begun has ended, so that nothing goes on behind
 *  the caller's back. */
export async function inParallel<Item, Result>(
  limit: number,
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
): Promise<readonly Result[]> {
  const results: Result[] = [];
  const failures: unknown[] = [];
  const left = items.entries();
  const worker = async () => {
    for (const [place, item] of left) {
      if (failures.length > 0) return;
      try {
        results[place] = await work(item);
      } catch (error) {
        failures.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker));
  if (failures.length > 0) throw failures[0];
  return results;
}
