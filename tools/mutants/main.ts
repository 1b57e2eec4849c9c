import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { dice } from '../fuzz/mutator.ts';
import { drawMutants, type Mutant, mutableFiles } from './mutant.ts';
import { runMutant, slowestTest } from './run-mutant.ts';
import { compiling } from './type-check.ts';

const USAGE = `npx tsx -C @e2image/source tools/mutants/main.ts --package packages/NAME [options]
  --seed N       which mutants are drawn; default: PROVE_SEED, else 1
  --count N      how many; default 50
  --file PATH    only mutants of this file of the package; may be repeated
  --least N      fail when less than N % are killed; default 80
`;

/** Mutants that run at a time. */
const AT_A_TIME = 2;

const { values } = parseArgs({
  options: {
    package: { type: 'string' },
    seed: { type: 'string', default: process.env['PROVE_SEED'] ?? '1' },
    count: { type: 'string', default: '50' },
    file: { type: 'string', multiple: true },
    least: { type: 'string', default: '80' },
    help: { type: 'boolean', default: false },
  },
});

/** What became of the mutants of one package. */
interface Outcome {
  readonly killed: number;
  /** Of the killed: tests that did not end. */
  readonly hung: number;
  readonly rejected: number;
  readonly survivors: readonly Mutant[];
}

const nameOf = ({ file, line, what }: Mutant): string => `${file}:${line}  ${what}`;

async function testMutants(packageRoot: string): Promise<Outcome> {
  const files = values.file?.map((file) => join(packageRoot, file)) ?? mutableFiles(packageRoot);
  const drawn = drawMutants(files, Number(values.count), dice(Number(values.seed)));
  const mutants = compiling(packageRoot, drawn);
  const slowest = await slowestTest(packageRoot, [...new Set(mutants.map(({ file }) => file))]);
  if (slowest === undefined) throw new Error('the unit tests fail without a mutant');
  const patience = 20_000 + 4000 * slowest;
  const left = [...mutants];
  const survivors: Mutant[] = [];
  let hung = 0;
  const work = async (): Promise<void> => {
    for (let mutant = left.shift(); mutant !== undefined; mutant = left.shift()) {
      const fate = await runMutant(packageRoot, mutant, patience);
      if (fate === 'hung') hung++;
      if (fate === 'survived') survivors.push(mutant);
      if (fate === 'survived') console.log(`survived: ${nameOf(mutant)}`);
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, work));
  return {
    killed: mutants.length - survivors.length,
    hung,
    rejected: drawn.length - mutants.length,
    survivors,
  };
}

if (values.help || values.package === undefined) {
  process.stdout.write(USAGE);
  process.exitCode = values.help ? 0 : 1;
} else {
  const name = basename(values.package);
  const { killed, hung, rejected, survivors } = await testMutants(values.package);
  const list = `dist/mutants/${name}.txt`;
  mkdirSync('dist/mutants', { recursive: true });
  writeFileSync(list, survivors.map((mutant) => `${nameOf(mutant)}\n`).join(''));
  const share = (100 * killed) / Math.max(1, killed + survivors.length);
  const isEnough = share >= Number(values.least);
  console.log(
    `${name}: ${killed} killed (${hung} by a limit), ${survivors.length} survived (${list}), ${rejected} do not compile: ${share.toFixed(1)} %`,
  );
  // The last line is what tools/prove reads.
  const counts = { [`${name}-killed`]: killed, [`${name}-survived`]: survivors.length };
  console.log(JSON.stringify({ passed: isEnough ? 1 : 0, failed: isEnough ? 0 : 1, skipped: 0, counts }));
  if (!isEnough) process.exitCode = 1;
}
