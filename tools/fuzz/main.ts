import { parseArgs } from 'node:util';
import { JOBS } from '../prove/jobs.ts';
import { runSlice } from '../prove/run-slice.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    seed: { type: 'string', default: `${Date.now() % 1_000_000}` },
    only: { type: 'string' },
  },
});

// npm run fuzz -- --minutes N --seed N --only a,b: draws slices of the endless jobs until the time is over or one fails.
const deadline = Date.now() + Number(values.minutes) * 60_000;
const isWanted = (name: string): boolean => values.only?.split(',').includes(name) ?? true;
const jobs = JOBS.flatMap(({ name, endless }) => (endless && isWanted(name) ? [{ name, endless }] : []));
if (jobs.length === 0) throw new Error(`no endless job is named ${values.only}`);

let rounds = 0;
const begin = Date.now();
const totals: Record<string, number> = {};
for (let seed = Number(values.seed); Date.now() < deadline && process.exitCode === undefined; seed += 1000) {
  for (const { name, endless } of jobs) {
    const { passed, failed, output, counts = {} } = runSlice(endless(seed), seed);
    rounds += passed;
    for (const [count, n] of Object.entries(counts)) totals[count] = (totals[count] ?? 0) + n;
    if (failed > 0) {
      console.log(`${output}\n${name}: failed; again with: npm run fuzz -- --only ${name} --seed ${seed}`);
      process.exitCode = 1;
    }
  }
}
for (const [name, count] of Object.entries(totals)) console.log(`${name} ${count}`);
console.log(`${rounds} passed in ${Math.round((Date.now() - begin) / 1000)} s, from seed ${values.seed}`);
