import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Which package may name which others of ours among its dependencies, and which libraries of others. What is not here
 * is forbidden: a new arrow, or a new dependency, is a decision, made by changing this table in its own commit.
 */
export const ARROWS: Readonly<Record<string, readonly string[]>> = {
  '@e2image/ext-core': [],
  '@e2image/qcow2': ['@bokuweb/zstd-wasm'],
  '@e2image/sparse-io': ['koffi'],
  '@e2image/scramble': ['@e2image/ext-core'],
  '@e2image/normal-image': ['@e2image/ext-core', '@e2image/sparse-io'],
  '@e2image/cli': ['@e2image/sparse-io', 'minimist', 'cli-progress'],
  '@e2image/disk-image': ['@e2image/cli', '@e2image/qcow2', '@e2image/sparse-io'],
  '@e2image/e2image-restore': [
    '@e2image/cli',
    '@e2image/disk-image',
    '@e2image/ext-core',
    '@e2image/normal-image',
    '@e2image/sparse-io',
  ],
  '@e2image/e2image-move': ['@e2image/cli', '@e2image/ext-core', '@e2image/sparse-io'],
  e2image: [
    '@e2image/cli',
    '@e2image/disk-image',
    '@e2image/ext-core',
    '@e2image/normal-image',
    '@e2image/qcow2',
    '@e2image/scramble',
    '@e2image/sparse-io',
    '@e2image/e2image-restore',
    '@e2image/e2image-move',
  ],
  '@e2image/qcow2-tool': ['@e2image/cli', '@e2image/disk-image', '@e2image/qcow2', '@e2image/sparse-io'],
  '@e2image/sparse-copy': ['@e2image/cli', '@e2image/sparse-io'],
  '@e2image/e2scramble': [
    '@e2image/cli',
    '@e2image/disk-image',
    '@e2image/ext-core',
    '@e2image/normal-image',
    '@e2image/qcow2',
    '@e2image/scramble',
    '@e2image/sparse-io',
  ],
};

/** Packages that know no command line: nothing of one may come to them, not even through another package. */
const LIBRARIES = [
  '@e2image/ext-core',
  '@e2image/normal-image',
  '@e2image/qcow2',
  '@e2image/sparse-io',
  '@e2image/scramble',
] as const;

/** What only command lines may depend on. */
const COMMAND_LINE = ['@e2image/cli', 'minimist', 'cli-progress'];

/** The part of a package.json that says what the package needs when it runs, and what nx runs for it. */
export interface Manifest {
  readonly name: string;
  /** Of a command. */
  readonly bin?: Readonly<Record<string, string>>;
  readonly nx?: { readonly targets: Readonly<Record<string, object>> };
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

/** Compare packages with ARROWS. @returns one line per difference; none when all is as drawn */
export function boundaryComplaints(manifests: readonly Manifest[]): string[] {
  const needs = new Map(manifests.map((manifest) => [manifest.name, runtimeNeeds(manifest)]));
  const complaints: string[] = [];
  for (const [name, dependencies] of needs) {
    const allowed = ARROWS[name];
    if (allowed === undefined) complaints.push(`${name}: not in the graph of tools/test/boundaries.ts`);
    for (const dependency of dependencies) {
      if (allowed?.includes(dependency) === false) complaints.push(`${name}: may not depend on ${dependency}`);
    }
  }
  for (const name of Object.keys(ARROWS)) {
    if (!needs.has(name)) complaints.push(`${name}: is in the graph, but there is no such package`);
  }
  for (const library of LIBRARIES) {
    const reached = reachable(library, needs);
    for (const forbidden of COMMAND_LINE.filter((name) => reached.has(name))) {
      complaints.push(`${library}: a library reaches ${forbidden}`);
    }
  }
  return complaints;
}

function runtimeNeeds(manifest: Manifest): string[] {
  return [manifest.dependencies, manifest.optionalDependencies, manifest.peerDependencies].flatMap((of) =>
    Object.keys(of ?? {}),
  );
}

function reachable(from: string, needs: ReadonlyMap<string, readonly string[]>): Set<string> {
  const reached = new Set<string>();
  const waiting = [from];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    for (const next of needs.get(name) ?? []) {
      if (!reached.has(next)) waiting.push(next);
      reached.add(next);
    }
  }
  return reached;
}

/** Every package.json below a folder of packages. */
export function readManifests(packages: string): Manifest[] {
  return readdirSync(packages)
    .map((folder) => join(packages, folder, 'package.json'))
    .filter((file) => existsSync(file))
    .map((file) => JSON.parse(readFileSync(file, 'utf8')));
}
