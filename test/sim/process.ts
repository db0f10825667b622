import type { Mortal } from './faults.ts';

/** A process that somebody starts again when it dies. */
export class Process implements Mortal {
  readonly name: string;
  readonly calls: string[] = [];
  /** Rejects when it dies. */
  readonly death: Promise<never>;
  isDead = false;
  died: () => void = () => {};

  constructor(name: string) {
    this.name = name;
    this.death = new Promise((_, reject) => {
      this.died = () => reject(new Error(`${name} died`));
    });
  }
}
