import { CliError, codeOf, failed, isCliError, mountState, realMounts, say, type World } from '@e2image/cli';
import type { Qcow2Image } from '@e2image/qcow2';
import { aroundCache, FileSource, openSeekable, type Source, windowOf, withoutFile } from '@e2image/sparse-io';
import type { SavePlan } from '../plan/save-plan.ts';
import { refuseInput } from './guards.ts';

/** What the file system is read from. The files behind it are open until `close`. */
export interface Device {
  /** The bytes of the disk: those of the file, or those that a QCOW2 image holds. */
  readonly source: Source;
  /** Set when the device is a QCOW2 image. */
  readonly qcow2: Qcow2Image | undefined;
  readonly close: () => void;
}

/**
 * Open the source of a plan: a device, a file, a QCOW2 image, or standard input, which is spooled when it cannot seek.
 *
 * @throws CliError CLI_FAILED in the C tool's words
 */
export async function openDevice(plan: SavePlan, world: World): Promise<Device> {
  const closers: (() => void)[] = [];
  const close = (): void => {
    for (const one of closers.splice(0).reverse()) one();
  };
  try {
    const { source: input, close: closeInput, isSpooled } = await openSeekable(plan.device, inputOptions(plan, world));
    closers.push(closeInput);
    const careful = aroundCache(input);
    closers.push(() => careful?.[Symbol.dispose]());
    const source = careful ?? input;
    if (!isQcow2(source)) return { source: safely(source, plan, world), qcow2: undefined, close };
    const open = (path: string): Source => {
      refuseInput({ path }, plan);
      const file = FileSource.open(path);
      closers.push(() => file[Symbol.dispose]());
      return file;
    };
    const { folderResolver, loadCodec, openQcow2 } = await import('@e2image/qcow2');
    const isNameless = plan.device === '-' || isSpooled;
    const qcow2 = openQcow2(source, isNameless ? {} : folderResolver({ image: plan.device, open }));
    if (qcow2.info.compressionType === 'zstd') await loadCodec('zstd');
    // A file system can be longer than the disk inside: a window tells that as the end of a file is told.
    return { source: windowOf(qcow2, 0), qcow2, close };
  } catch (error) {
    close();
    throw openFailed(error, plan);
  }
}

/** A pipe cannot be read twice: it is spooled, and who watches is told. */
function inputOptions({ isProgressWanted, spoolFolder }: SavePlan, world: World) {
  return {
    ...(spoolFolder !== undefined && { folder: spoolFolder }),
    ...(isProgressWanted && { onSpool: () => say(world, 'the source cannot seek: it is spooled first') }),
  };
}

/** Pages of a mounted source that were passed on inside the kernel could change before their reader looks. */
function safely(source: Source, { device }: SavePlan, world: World): Source {
  return device !== '-' && mountState(device, realMounts(world.env)).isMounted ? withoutFile(source) : source;
}

function isQcow2(source: Source): boolean {
  if (source.size < 4) return false;
  const magic = new Uint8Array(4);
  try {
    source.readAt(magic, 0);
  } catch (error) {
    // An unreadable first sector is no reason to give up: the superblock may be well, or a backup.
    if (failed(error, '') === error) throw error;
    return false;
  }
  return magic[0] === 0x51 && magic[1] === 0x46 && magic[2] === 0x49 && magic[3] === 0xfb;
}

/** The C tool adds a second line, on standard output; ours keeps that free for images. */
function openFailed(error: unknown, { device }: SavePlan): unknown {
  if (isCliError(error)) return error;
  const told = failed(error, `while trying to open ${device}`);
  if (!isCliError(told)) return told;
  // No room for a spool says nothing of the file system.
  if (codeOf(error) === 'SPARSE_SPOOL_FULL') {
    return new CliError('CLI_FAILED', `${told.message}; --spool names another folder`, { cause: error });
  }
  return new CliError('CLI_FAILED', `${told.message}\nCouldn't find valid filesystem superblock.`, { cause: error });
}
