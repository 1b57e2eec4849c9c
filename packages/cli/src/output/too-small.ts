import { CliError } from '../world/errors.ts';
import { printable } from './printable.ts';

/** That a device is too small. @param room bytes that it has @param needed bytes that will be written */
export function tooSmall(path: string, { room, needed }: { readonly room: number; readonly needed: number }): CliError {
  const sizes = `${printable(path)} has ${room} bytes, ${needed} are needed`;
  return new CliError('CLI_REFUSED', `the target is too small: ${sizes}`);
}
