import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { PLANTS } from './plants.ts';

const ROOT = join(import.meta.dirname, '../..');

describe('the planted bugs', () => {
  it('change a text that the code holds exactly once', () => {
    const places = PLANTS.map(({ name, file, find }) => ({
      name,
      places: readFileSync(join(ROOT, file), 'utf8').split(find).length - 1,
    }));
    expect(places.filter((each) => each.places !== 1)).toEqual([]);
  });

  it('change something, under a name of their own', () => {
    expect(PLANTS.filter(({ find, replace }) => find === replace)).toEqual([]);
    expect(new Set(PLANTS.map(({ name }) => name)).size).toBe(PLANTS.length);
  });
});
