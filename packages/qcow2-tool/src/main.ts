import {
  COMMON_OPTIONS,
  type CommandTable,
  EXIT,
  helpText,
  type Main,
  printable,
  say,
  usageText,
  VERSION,
} from '@e2image/cli';

/** The subcommands. Each is loaded when it is called, so that the others cost no start-up time. */
const SUBCOMMANDS: Readonly<Record<string, { readonly summary: string; readonly load: () => Promise<Main> }>> = {
  info: { summary: 'a description of an image', load: async () => (await import('./info.ts')).info },
  map: { summary: 'where the bytes of the disk are', load: async () => (await import('./map.ts')).map },
  check: { summary: 'whether its tables are sound', load: async () => (await import('./check.ts')).check },
  compare: { summary: 'whether two disks read the same', load: async () => (await import('./compare.ts')).compare },
  convert: {
    summary: 'between raw and QCOW2, or from QCOW2 to QCOW2',
    load: async () => (await import('./convert.ts')).convert,
  },
  cat: { summary: 'the disk in an image, to standard output', load: async () => (await import('./cat.ts')).cat },
};

/** What `--help` shows of the command as a whole. */
const TABLE: CommandTable = {
  summary: 'Read, check and write QCOW2 images.',
  usage: ['SUBCOMMAND [ options ] ...'],
  options: COMMON_OPTIONS,
  notes: [
    Object.entries(SUBCOMMANDS)
      .map(([name, { summary }]) => `  ${name.padEnd(10)}${summary}`)
      .join('\n'),
    'SUBCOMMAND --help shows the options of each.',
  ],
};

/** Run the command. @returns the exit status */
export const main: Main = async (argv, world) => {
  const [name, ...rest] = argv;
  const isOwn = name !== undefined && Object.hasOwn(SUBCOMMANDS, name);
  const subcommand = isOwn ? SUBCOMMANDS[name] : undefined;
  if (subcommand !== undefined) {
    return (await subcommand.load())(rest, { ...world, program: `${world.program} ${name}` });
  }
  if (name === '--help') world.stdout(helpText(TABLE, world.program));
  else if (name === '--version') world.stdout(`${world.program} ${VERSION}\n`);
  else {
    if (name !== undefined) say(world, `unknown subcommand '${printable(name)}'`);
    world.stderr(usageText(TABLE, world.program));
    return EXIT.failed;
  }
  return EXIT.done;
};
