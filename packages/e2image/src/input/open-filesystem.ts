import { CliError, failed, printable } from '@e2image/cli';
import { type Filesystem, isExtError, type OnProblem, openFilesystem, type Source } from '@e2image/ext-core';
import type { SavePlan } from '../plan/save-plan.ts';
import { openFailureText } from './open-failure-text.ts';

/**
 * Open the file system of a plan, which begins at byte 0 of `source`.
 *
 * @throws CliError CLI_FAILED in the C tool's words, and what is wrong with it
 */
export function openPlannedFilesystem(source: Source, plan: SavePlan, onProblem: OnProblem): Filesystem {
  const { device, superblockBlock, blockSize } = plan;
  try {
    return openFilesystem(source, {
      ...(superblockBlock !== undefined && { superblockBlock }),
      ...(blockSize !== undefined && { blockSize }),
      onProblem,
    });
  } catch (error) {
    if (!isExtError(error)) throw failed(error, `while trying to open ${device}`);
    const text = `${openFailureText(error.code)} while trying to open ${printable(device)}`;
    throw new CliError('CLI_FAILED', `${text}\n${error.message}\nCouldn't find valid filesystem superblock.`, {
      cause: error,
    });
  }
}
