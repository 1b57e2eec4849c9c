import { usageError } from '@e2image/cli';

/** The options that choose the form of the output: ours, and qemu-img's spelling of it. */
export const OUTPUT_OPTIONS = {
  json: { long: 'json', help: 'as JSON, with the names of qemu-img' },
  output: { long: 'output', value: 'FORM', help: 'json or human (as qemu-img spells it)' },
} as const;

/** Whether JSON is asked for. @throws CliError CLI_USAGE for an unknown form */
export function wantsJson(parsed: { flag(key: 'json'): boolean; value(key: 'output'): string | undefined }): boolean {
  const form = parsed.value('output');
  if (form !== undefined && form !== 'json' && form !== 'human') throw usageError(`unknown output form '${form}'`);
  return parsed.flag('json') || form === 'json';
}
