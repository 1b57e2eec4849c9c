// Prints what of this machine decides how the end-to-end tests go. nx makes it part of their cache key: installing
// e2fsprogs or becoming root must rerun what was skipped. Plain JavaScript, because nx runs it for every command.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';

process.chdir(new URL('../..', import.meta.url).pathname);
// Without node_modules/.bin, which npm adds: an e2image there is ours.
const search = `/usr/sbin:/sbin:${process.env.PATH}`.split(':').filter((folder) => !folder.includes('node_modules'));
const env = { ...process.env, PATH: search.join(':'), LC_ALL: 'C' };

/** The line of a program's answer that has a version; all of these programs answer in one line or another. */
const version = (program, ...args) => {
  const { stdout, stderr, error } = spawnSync(program, args, { env, encoding: 'utf8' });
  return `${program}: ${error ? 'none' : `${stdout}${stderr}`.split('\n').find((line) => /\d\.\d/.test(line))}`;
};

const corpus = '../shared/corpus';
const facts = [
  `node: ${process.version} ${process.arch}`,
  version('node_modules/.bin/bun', '--version'),
  version('mke2fs', '-V'),
  version('e2image'),
  version('qemu-img', '--version'),
  version('ddrescuelog', '--version'),
  `user: ${process.getuid?.()}`,
  `loop: ${existsSync('/dev/loop-control')}`,
  ...(existsSync(corpus) ? readdirSync(corpus) : []).map((name) => `${name} ${statSync(`${corpus}/${name}`).size}`),
];
console.log(facts.join('\n'));
