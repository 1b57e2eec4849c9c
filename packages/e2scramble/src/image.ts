import { CliError, failed, isCliError, printable } from '@e2image/cli';
import { isImageHeader } from '@e2image/normal-image';
import { loadCodec, openQcow2, type Qcow2Image } from '@e2image/qcow2';
import { openSeekable, type Source, type SpoolOptions, windowOf } from '@e2image/sparse-io';

/** An image that is to be scrambled. */
export interface ScrambleInput {
  readonly disk: Source;
  /** Set when it is QCOW2. */
  readonly qcow2: Qcow2Image | undefined;
  readonly close: () => void;
}

/** 'Q' 'F' 'I' 0xfb. */
const QCOW2_MAGIC = [0x51, 0x46, 0x49, 0xfb] as const;

/**
 * Open an image; a stream is kept in a temporary file first.
 *
 * @throws CliError CLI_FAILED with its name, CLI_REFUSED for an image in the normal format
 */
export async function openImage(
  path: string,
  spooling: SpoolOptions & { readonly onSpool?: () => void } = {},
): Promise<ScrambleInput> {
  try {
    const { source, close } = await openSeekable(path, spooling);
    try {
      return { ...(await diskOf(path, source)), close };
    } catch (error) {
      close();
      throw error;
    }
  } catch (error) {
    if (isCliError(error)) throw error;
    throw failed(error, `while trying to open ${path}`);
  }
}

async function diskOf(path: string, source: Source): Promise<Omit<ScrambleInput, 'close'>> {
  const head = new Uint8Array(Math.min(QCOW2_MAGIC.length, source.size));
  source.readAt(head, 0);
  if (QCOW2_MAGIC.every((byte, i) => head[i] === byte)) {
    const qcow2 = openQcow2(source);
    if (qcow2.info.compressionType === 'zstd') await loadCodec('zstd');
    return { disk: windowOf(qcow2, 0), qcow2 };
  }
  if (isImageHeader(head)) {
    const message = `${printable(path)} is an image in the normal format: make a scrambled one with e2image -s`;
    throw new CliError('CLI_REFUSED', message);
  }
  return { disk: source, qcow2: undefined };
}
