import { execFileSync, spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { JOBS } from './jobs.ts';
import { runSlice } from './run-slice.ts';
import { type ProveState, readState, totalsOf, withResult, writeState } from './state.ts';

const USAGE = `npm run prove -- [options]: the long tests, hours of them
  --seed N     what is drawn is decided by N; default: that of an unfinished run, else the time
  --only a,b   these jobs (--list shows them)
  --fresh      forget what an earlier run of this commit and seed has done
  --json FILE  where counts are kept, also while it runs; default dist/prove.json
What is done is not repeated: interrupt it and start it again.
`;

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    only: { type: 'string' },
    json: { type: 'string', default: 'dist/prove.json' },
    fresh: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

/** The commit, and whether the sources differ from it: results of other sources are not taken over. */
function sources(): string {
  const git = (...args: string[]): string => execFileSync('git', args, { encoding: 'utf8' }).trim();
  return git('rev-parse', 'HEAD') + (git('status', '--porcelain', '--untracked-files=no') === '' ? '' : ' and changes');
}

function prove(): ProveState {
  const seed = values.seed === undefined ? undefined : Number(values.seed);
  const commit = sources();
  const known = values.fresh ? undefined : readState(values.json, commit, seed);
  let state = known ?? { seed: seed ?? Date.now() % 1_000_000, commit, jobs: {} };
  console.log(`seed ${state.seed}, ${state.commit}`);
  for (const job of JOBS.filter(({ name }) => values.only?.split(',').includes(name) ?? true)) {
    for (const slice of job.slices(state.seed)) {
      const before = state.jobs[job.name]?.[slice.name];
      if (before?.failed === 0) continue;
      const result = runSlice(slice, state.seed);
      const { passed, failed, skipped, seconds, output } = result;
      console.log(`${job.name}: ${slice.name}: ${passed} passed, ${failed} failed, ${skipped} skipped, ${seconds} s`);
      if (output !== undefined) console.log(output);
      state = withResult(state, job.name, slice.name, result);
      writeState(values.json, state);
    }
  }
  return state;
}

if (values.help) {
  process.stdout.write(USAGE);
} else if (values.list) {
  for (const { name, what } of JOBS) console.log(`${name}: ${what}`);
} else {
  const build = spawnSync('node_modules/.bin/nx', ['run-many', '-t', 'bundle', 'standalone'], {
    stdio: ['ignore', 2, 2],
  });
  if (build.status !== 0) process.exit(1);
  const totals = totalsOf(prove());
  console.log(JSON.stringify(totals, null, 2));
  if (Object.values(totals).some((total) => total['failed'] !== 0)) process.exitCode = 1;
}
