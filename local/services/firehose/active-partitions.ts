/** Partitions of a stream that wait for delivery: one may wait in several buffers. */
export class ActivePartitions {
  private readonly most: number;
  private readonly buffers = new Map<string, number>();

  constructor(most: number) {
    this.most = most;
  }

  mayAdd(partition: string): boolean {
    return this.buffers.has(partition) || this.buffers.size < this.most;
  }

  /** Takes note of a buffer of the partition; tells how many partitions there are now. */
  add(partition: string): number {
    this.buffers.set(partition, (this.buffers.get(partition) ?? 0) + 1);
    return this.buffers.size;
  }

  /** A buffer of the partition is delivered. */
  remove(partition: string): void {
    const left = (this.buffers.get(partition) ?? 0) - 1;
    if (left > 0) this.buffers.set(partition, left);
    else this.buffers.delete(partition);
  }
}
