import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { prepareCase, type Runtime } from './commands.ts';
import { CACHE } from './fixtures.ts';
import { measureInTurn } from './measure.ts';
import { OPERATIONS, type Operation } from './operations.ts';
import { misses, type Result, resultOf, type Targets, table } from './result.ts';

const USAGE = `npm run bench -- [options]: measures ours against the installed C e2image and qemu-img, run in turn
  --only a,b       these fixtures       --ops a,b        these operations (--list shows both)
  --runs N         pairs, default 5     --runtime a,b    standalone, node; default: what has a target
  --check          end with 1 when a target of tools/bench/targets.json is missed
  --json FILE      default dist/bench.json
Fixtures are made once, below ~/.cache/e2image-bench or $E2IMAGE_BENCH (as root: they are filled through a mount).
`;

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    ops: { type: 'string' },
    runs: { type: 'string', default: '5' },
    runtime: { type: 'string' },
    json: { type: 'string', default: 'dist/bench.json' },
    check: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

const targets: Targets = JSON.parse(readFileSync('tools/bench/targets.json', 'utf8'));
const isWanted = (list: string | undefined, name: string): boolean =>
  list === undefined || list.split(',').includes(name);

/** The runtimes asked for, else the executable, and Node where a number was promised for it. */
function runtimesOf(operation: Operation, fixture: string): Runtime[] {
  const all = ['standalone', 'node'] as const;
  return all.filter((runtime) =>
    values.runtime === undefined
      ? runtime === 'standalone' || targets.node[operation.name]?.[fixture] !== undefined
      : isWanted(values.runtime, runtime),
  );
}

const failures: string[] = [];

function measure(): Result[] {
  mkdirSync(CACHE, { recursive: true });
  const folder = mkdtempSync(join(CACHE, 'run-'));
  const results: Result[] = [];
  try {
    for (const operation of OPERATIONS.filter(({ name }) => isWanted(values.ops, name))) {
      for (const fixture of operation.fixtures.filter((name) => isWanted(values.only, name))) {
        try {
          results.push(...measureCase(operation, fixture, folder));
        } catch (error) {
          // One command that fails must not cost the figures of the others.
          failures.push(`${operation.name} ${fixture}: ${error instanceof Error ? error.message : error}`);
        }
      }
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  return results;
}

function measureCase(operation: Operation, fixture: Operation['fixtures'][number], folder: string): Result[] {
  const runtimes = runtimesOf(operation, fixture);
  console.error(`${operation.name} ${fixture} (load ${loadavg()[0]?.toFixed(1)}) ...`);
  const { contenders, reset } = prepareCase(operation, fixture, runtimes, folder);
  const [theirs = [], ...ours] = measureInTurn(contenders, Number(values.runs), folder, reset);
  rmSync(join(folder, 'out'), { force: true });
  return runtimes.map((runtime, index) =>
    resultOf({ operation: operation.name, fixture, runtime }, ours[index] ?? [], theirs),
  );
}

if (values.help) {
  process.stdout.write(USAGE);
} else if (values.list) {
  for (const { name, fixtures } of OPERATIONS) console.log(`${name}: ${fixtures.join(' ')}`);
} else {
  const results = measure();
  process.stdout.write(table(results, targets));
  mkdirSync('dist', { recursive: true });
  const machine = { cpus: cpus().length, model: cpus()[0]?.model, node: process.version, load: loadavg() };
  writeFileSync(values.json, `${JSON.stringify({ machine, results }, null, 2)}\n`);
  const missed = [...misses(results, targets), ...failures];
  for (const line of missed) console.log(`missed: ${line}`);
  if (values.check && (missed.length > 0 || results.length === 0)) process.exitCode = 1;
}
