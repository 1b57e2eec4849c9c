import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Programs that tests use as oracles, and the Debian package of each. */
const PACKAGE_OF = {
  mke2fs: 'e2fsprogs',
  e2image: 'e2fsprogs',
  debugfs: 'e2fsprogs',
  'qemu-img': 'qemu-utils',
  'qemu-io': 'qemu-utils',
  ddrescuelog: 'gddrescue',
  losetup: 'mount',
  strace: 'strace',
  bzip2: 'bzip2',
} as const;

/** Without node_modules/.bin, which npm adds: an `e2image` there is ours. */
const SEARCH = ['/usr/sbin', '/sbin', ...(process.env['PATH'] ?? '').split(delimiter)].filter(
  (folder) => !folder.includes('node_modules'),
);

function isInstalled(program: string): boolean {
  return SEARCH.some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/**
 * Install the programs that the end-to-end tests use, where that can be done without asking: as root on Debian.
 * Elsewhere, or when it fails, the tests that need them are skipped by name.
 */
export function installMissingPrograms(): void {
  const packages = Object.entries(PACKAGE_OF).flatMap(([program, name]) => (isInstalled(program) ? [] : [name]));
  if (packages.length === 0 || process.getuid?.() !== 0 || !existsSync('/etc/debian_version')) return;
  const wanted = [...new Set(packages)];
  console.error(`installing ${wanted.join(', ')}, once ...`);
  const apt = (...args: readonly string[]): boolean =>
    spawnSync('apt-get', ['-q', '-y', ...args], {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    }).status === 0;
  if (!apt('update') || !apt('install', '--no-install-recommends', ...wanted)) {
    console.error('could not install them: tests that need them will be skipped');
  }
}
