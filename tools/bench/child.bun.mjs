// Runs one command and prints what it cost. Started with bun, whose spawnSync gives the rusage of the child that
// wait4(2) collected, of its own children too; node has no such call. A small process on purpose: Linux counts the
// parent's memory at the time of the fork into the child's peak (13 MiB here).
const [directory, ...command] = process.argv.slice(2);
const begin = performance.now();
const { exitCode, signalCode, resourceUsage, stderr } = Bun.spawnSync({
  cmd: command,
  cwd: directory,
  stdin: 'ignore',
  stdout: 'ignore',
  stderr: 'pipe',
});
const wall = performance.now() - begin;
console.log(
  JSON.stringify({
    status: exitCode ?? signalCode,
    cpu: Number(resourceUsage.cpuTime.total) / 1000,
    wall,
    peak: resourceUsage.maxRSS / 2 ** 20,
    stderr: new TextDecoder().decode(stderr).slice(-500),
  }),
);
