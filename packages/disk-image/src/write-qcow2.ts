import type {
  ByteRange,
  Codec,
  CompressionType,
  HeaderExtension,
  ImagePlan,
  Input,
  MemorySpool,
  PlanOptions,
  WriteSummary,
} from '@e2image/qcow2';
import { type Sink, Spool } from '@e2image/sparse-io';

/**
 * How a compressed image is written into a pipe: `spool` compresses once and keeps the result in memory, then in a
 * temporary file; `two-pass` compresses twice; `budget` compresses once and puts the tables last.
 */
export type PipeLayout = 'spool' | 'two-pass' | 'budget';

/** How clusters are compressed. */
interface Compression {
  readonly type: CompressionType;
  /** Undefined: the codec's own. */
  readonly level?: number | undefined;
}

/** How an image of a disk is written. */
export interface Qcow2Options {
  /** The size of the disk and which clusters are stored; of a plain image that was planned before: its plan. */
  readonly layout: PlanOptions | ImagePlan;
  /** Undefined: a plain image. */
  readonly compression?: Compression | undefined;
  /** Default `spool`. */
  readonly pipeLayout?: PipeLayout;
  /** Folder of the temporary file. Default: $TMPDIR. */
  readonly spoolFolder?: string | undefined;
  /**
   * The guest ranges that could not be read, for a header extension of ours. Called when the header is written: at the
   * end, but before all data of a plain image in a pipe and of the layouts `two-pass` and `budget`.
   */
  readonly unread?: () => Iterable<ByteRange>;
  /** Called with the bytes of the disk that are done. */
  readonly onProgress?: (done: number) => void;
}

/** Loaded when an image is written: commands that write none do not pay for its start. */
const loadQcow2 = () => import('@e2image/qcow2');
type Qcow2 = Awaited<ReturnType<typeof loadQcow2>>;

/**
 * Write a disk as QCOW2. The sink is not finished.
 *
 * @throws Qcow2Error QCOW2_TOO_LARGE when QEMU would refuse the tables; errors of input and sink
 */
export async function writeQcow2(input: Input, sink: Sink, options: Qcow2Options): Promise<WriteSummary> {
  const { layout, compression, pipeLayout = 'spool', spoolFolder, onProgress } = options;
  const qcow2 = await loadQcow2();
  const watch = {
    extensions: () => provenance(qcow2, options),
    ...(onProgress && { onProgress }),
  };
  if (compression === undefined) return qcow2.writePlain(input, sink, { plan: planOf(qcow2, layout), ...watch });
  const compressed = { ...layout, codec: await codecOf(qcow2, compression), ...watch };
  if (!sink.isSequential) return qcow2.writeCompressed(input, sink, compressed);
  if (pipeLayout === 'two-pass') {
    return qcow2.writeMeasured(input, sink, await qcow2.measureCompressed(input, compressed), compressed);
  }
  if (pipeLayout === 'budget') {
    return qcow2.writeBudgeted(input, sink, { ...compressed, budget: await qcow2.sampleRatio(input, compressed) });
  }
  return spooling(qcow2, spoolFolder, (spool) => qcow2.writeSpooled(input, sink, spool, compressed));
}

/** How a disk of unknown size is compressed. */
interface StreamOptions extends Pick<Qcow2Options, 'spoolFolder' | 'onProgress'> {
  readonly clusterBits: number;
  readonly version: PlanOptions['version'];
  readonly compression: Compression;
}

/** Write a raw disk that comes as a stream, compressed. The sink is not finished. @throws as `writeQcow2` */
export async function writeQcow2Stream(
  bytes: AsyncIterable<Uint8Array>,
  sink: Sink,
  { clusterBits, version, compression, spoolFolder, onProgress }: StreamOptions,
): Promise<WriteSummary> {
  const qcow2 = await loadQcow2();
  const codec = await codecOf(qcow2, compression);
  const options = { clusterBits, version, codec, ...(onProgress && { onProgress }) };
  return spooling(qcow2, spoolFolder, (spool) => qcow2.writeSpooledStream(bytes, sink, spool, options));
}

/** Bytes of the image in a pipe. A compressed image is compressed once to find out. @throws as `writeQcow2` */
export async function measureQcow2(input: Input, options: Qcow2Options): Promise<number> {
  const { layout, compression } = options;
  const qcow2 = await loadQcow2();
  if (compression === undefined) return planOf(qcow2, layout).totalBytes;
  const codec = await codecOf(qcow2, compression);
  const extensions = (): HeaderExtension[] => provenance(qcow2, options);
  return (await qcow2.measureCompressed(input, { ...layout, codec, extensions })).totalBytes;
}

function planOf({ planImage }: Qcow2, layout: PlanOptions | ImagePlan): ImagePlan {
  return 'totalBytes' in layout ? layout : planImage(layout);
}

function codecOf({ loadCodec }: Qcow2, { type, level }: Compression): Promise<Codec> {
  return loadCodec(type, level === undefined ? {} : { level });
}

/** Zeros that stand for unknown bytes must be distinguished from real zeros. */
function provenance(
  { encodeProvenance, extensionRoom }: Qcow2,
  { layout, compression, unread = () => [] }: Qcow2Options,
): HeaderExtension[] {
  const { version, clusterBits, virtualSize } = layout;
  const fresh = { version, clusterBits, virtualSize, ...(compression && { compression: compression.type }) };
  const extension = encodeProvenance(unread(), extensionRoom(fresh));
  return extension.data.length === 0 ? [] : [extension];
}

/** Run with a spool that is memory first, and a temporary file when memory is full. */
async function spooling<T>(
  { MemorySpool }: Qcow2,
  folder: string | undefined,
  run: (spool: MemorySpool) => Promise<T>,
): Promise<T> {
  let file: Spool | undefined;
  const open = (): Spool => {
    file = new Spool(folder === undefined ? {} : { folder });
    return file;
  };
  try {
    return await run(new MemorySpool({ open }));
  } finally {
    file?.[Symbol.dispose]();
  }
}
