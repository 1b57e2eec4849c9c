import { usageError } from '@e2image/cli';

/** The only operand of a subcommand. @throws CliError CLI_USAGE for none, or for more than one */
export function oneImage({ operands }: { readonly operands: readonly string[] }): string {
  const [path] = operands;
  if (path === undefined || operands.length > 1) throw usageError();
  return path;
}
