// The order of the test files of a mutant: the one beside the changed file first, then its room, then the small ones.
// Most mutants are killed by the first file. Plain JavaScript, because jest loads it without a transformer.
import { statSync } from 'node:fs';
import { dirname } from 'node:path';

const changed = JSON.parse(process.env.MUTANT ?? '{}').path ?? '';

const rank = (path) => {
  if (path === changed.replace(/\.ts$/, '.test.ts')) return 0;
  return dirname(path) === dirname(changed) ? 1 : 2;
};

export default class NearestFirst {
  sort(tests) {
    const keyed = [...tests].map((test) => ({ test, rank: rank(test.path), size: statSync(test.path).size }));
    keyed.sort((left, right) => left.rank - right.rank || left.size - right.size);
    return keyed.map(({ test }) => test);
  }

  shard(tests) {
    return tests;
  }

  allFailedTests(tests) {
    return tests;
  }

  cacheResults() {}
}
