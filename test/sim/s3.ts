import { NoSuchKey } from '@aws-sdk/client-s3';
import type { World } from './world.ts';

const DAY_MS = 24 * 3_600_000;

/** Days after which the bucket drops objects, by the beginning of their keys; all others stay. */
const LIFE_DAYS: Readonly<Record<string, number>> = { spill: 35, snapshots: 65 };

/** What the SDK throws; the adapter asks for the class. */
const noSuchKey = () => new NoSuchKey({ message: 'The specified key does not exist.', $metadata: {} });

/** The bucket of the lake. */
export class SimS3 {
  readonly objects = new Map<string, { readonly bytes: Uint8Array; readonly putAtMs: number }>();
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  putObject({ Key, Body }: { Key: string; Body: Uint8Array }): object {
    this.objects.set(Key, { bytes: Uint8Array.from(Body), putAtMs: this.#world.nowMs });
    return {};
  }

  getObject({ Key }: { Key: string }): object {
    const found = this.objects.get(Key);
    const [folder = ''] = Key.split('/');
    const ageDays = (this.#world.nowMs - (found?.putAtMs ?? 0)) / DAY_MS;
    if (!found || ageDays > (LIFE_DAYS[folder] ?? Number.POSITIVE_INFINITY)) throw noSuchKey();
    return { Body: { transformToByteArray: async () => found.bytes } };
  }
}
