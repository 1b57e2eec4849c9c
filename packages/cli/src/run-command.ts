import { codeOf } from '@e2image/sparse-io';
import { reportError } from './output/report.ts';
import { type CommandTable, helpText, type Parsed, parseOptions, usageText } from './parse/options.ts';
import { EXIT } from './world/exit-status.ts';
import { diePiped, processSignals, type SignalHost } from './world/signals.ts';
import type { Main, World } from './world/world.ts';

/** A command: its table, and what it does with a parsed command line. */
export interface Command<T extends CommandTable> {
  readonly table: T;
  /** What `--version` prints, without the program's name. */
  readonly version: string;
  /** Printed to standard error before anything else, as the C tool does. */
  readonly banner?: string;
  /** Plan and run. @returns the exit status */
  run(parsed: Parsed<T>, world: World): Promise<number>;
}

/**
 * Make a `main` of a command: it parses, answers `--help` and `--version` (flags `help` and `version` of the table)
 * on standard output, and is the one place where errors become messages and an exit status.
 */
export function commandMain<const T extends CommandTable>(
  command: Command<T>,
  host: SignalHost = processSignals,
): Main {
  const { table, version, banner = '' } = command;
  return async (argv, world) => {
    try {
      const isShown = showTexts(table, version, argv, world);
      if (isShown) return EXIT.done;
      world.stderr(banner);
      return await command.run(parseOptions(table, argv, world.env), world);
    } catch (error) {
      // A reader that closed the pipe is not an error: the program ends as `cat` does.
      if (codeOf(error) === 'EPIPE') return diePiped(host);
      return reportError(error, world, usageText(table, world.program));
    }
  };
}

/** Answer `--help` and `--version`. @returns false when neither was given, or the command line is wrong */
function showTexts(table: CommandTable, version: string, argv: readonly string[], world: World): boolean {
  const asked = askedFor(table, argv, world);
  if (asked?.flag('help')) world.stdout(helpText(table, world.program));
  else if (asked?.flag('version')) world.stdout(`${world.program} ${version}\n`);
  else return false;
  return true;
}

function askedFor(table: CommandTable, argv: readonly string[], world: World): Parsed<CommandTable> | undefined {
  try {
    return parseOptions(table, argv, world.env);
  } catch {
    // Reported when the command itself parses it, after the banner.
    return undefined;
  }
}
