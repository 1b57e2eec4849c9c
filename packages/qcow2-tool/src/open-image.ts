import { failed } from '@e2image/cli';
import { type FileRequest, folderResolver, loadCodec, openQcow2, type Qcow2Image, type Source } from '@e2image/qcow2';
import { FileSource, loadKernelCalls, openSeekable, type SpoolOptions } from '@e2image/sparse-io';

/** Which further files an image may have opened. */
export interface ChainRules {
  /** `none`: the image alone, for what looks only at its tables. */
  readonly follow: 'chain' | 'none';
  /** Also outside of the image's folder. */
  readonly isAnywhere: boolean;
  /** Look at a backing file's first bytes when its format is not stated. */
  readonly isProbing: boolean;
  /** Folder for the spool of a pipe; undefined: $TMPDIR. */
  readonly spoolFolder?: string | undefined;
}

/** An image that was opened with the files it names. */
export interface OpenedImage {
  readonly image: Qcow2Image;
  /** Names of the chain's files by depth, the image first; of a data file: beside its image, under `data`. */
  readonly names: { readonly chain: readonly string[]; readonly data: ReadonlyMap<number, string> };
  close(): void;
}

/** A file or pipe that can be read at any offset. */
type Input = Awaited<ReturnType<typeof openSeekable>>;

/**
 * Open an image with its chain. `-` is standard input. A pipe or FIFO is spooled, and has no folder to find other
 * files in.
 *
 * @throws CliError CLI_FAILED with the image's name
 */
export async function openImage(path: string, rules: ChainRules): Promise<OpenedImage> {
  return named(path, async () => imageOver(await openSeekable(path, spoolOf(rules)), path, rules));
}

/**
 * Open a disk, QCOW2 or raw, to be read at any offset: a pipe is spooled.
 *
 * @param format undefined: QCOW2 when it begins like that, else raw
 * @throws CliError CLI_FAILED with the disk's name
 */
export async function openSeekableDisk(
  path: string,
  format: 'raw' | 'qcow2' | undefined,
  rules: ChainRules,
): Promise<{ readonly disk: Source; close(): void }> {
  return named(path, async () => {
    const input = await openSeekable(path, spoolOf(rules));
    if ((format ?? formatOf(input.source)) === 'raw') return { disk: input.source, close: input.close };
    const { image, close } = await imageOver(input, path, rules);
    return { disk: image, close };
  });
}

const spoolOf = ({ spoolFolder }: ChainRules): SpoolOptions =>
  spoolFolder === undefined ? {} : { folder: spoolFolder };

/** What a file begins like. */
export function formatOf(source: Source): 'raw' | 'qcow2' {
  const head = new Uint8Array(4);
  if (source.size < head.length) return 'raw';
  source.readAt(head, 0);
  return head[0] === 0x51 && head[1] === 0x46 && head[2] === 0x49 && head[3] === 0xfb ? 'qcow2' : 'raw';
}

async function named<T>(path: string, open: () => Promise<T>): Promise<T> {
  try {
    return await open();
  } catch (error) {
    throw failed(error, `while trying to open ${path}`);
  }
}

/** @param input closed by the result, and on failure */
async function imageOver(input: Input, path: string, rules: ChainRules): Promise<OpenedImage> {
  const closers = [input.close];
  const close = () => {
    for (const closer of closers.splice(0)) closer();
  };
  const chain = [path];
  const data = new Map<number, string>();
  try {
    const kernel = await loadKernelCalls();
    const open = (name: string): Source => {
      const source = FileSource.open(name, { kernel });
      closers.push(() => source[Symbol.dispose]());
      return source;
    };
    const resolver = path === '-' || input.isSpooled ? {} : namedResolver(path, { rules, open, chain, data });
    const image = openQcow2(input.source, { ...resolver, follow: rules.follow, probeBacking: rules.isProbing });
    if (image.chain.some(({ info }) => info?.compressionType === 'zstd'))
      await loadCodec('zstd').catch(() => undefined);
    return { image, names: { chain, data }, close };
  } catch (error) {
    close();
    throw error;
  }
}

/** A resolver that also writes down what it opened. */
function namedResolver(
  image: string,
  {
    rules,
    open,
    chain,
    data,
  }: { rules: ChainRules; open: (path: string) => Source; chain: string[]; data: Map<number, string> },
) {
  let opened = '';
  const { id, resolve } = folderResolver<Source>({
    image,
    allow: rules.isAnywhere ? 'anywhere' : 'folder',
    open: (path) => {
      opened = path;
      return open(path);
    },
  });
  return {
    id,
    resolve: (request: FileRequest) => {
      const file = resolve(request);
      if (file !== undefined && request.role === 'data') data.set(request.depth, opened);
      else if (file !== undefined) chain[request.depth] = opened;
      return file;
    },
  };
}
