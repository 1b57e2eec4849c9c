import { Qcow2Error, type Qcow2ErrorCode } from '../base/errors.ts';
import { LIMITS } from '../base/limits.ts';
import { type Lru, lru } from '../base/lru.ts';
import { ask, type Steps } from '../base/steps.ts';
import { headerLayout, isQcow2 } from '../format/header.ts';
import { checkVirtualSize, usesDataFile } from '../format/header-check.ts';
import type { ImageInfo } from '../format/image-info.ts';
import { type AnySource, type HostFile, readFront } from '../io/host-file.ts';
import type { FileRequest, OpenOptions, ResolvedFile } from '../io/open-options.ts';
import { type GuestMap, type TableCache, tableCache } from './guest-map.ts';
import { hostFile, type Layer, mapOf, readInfo } from './layer.ts';

/** Bytes of decompressed clusters kept for the whole chain; one cluster is at most 2 MiB. */
const CACHED_CLUSTERS = 2 * 1024 * 1024;

/** Options as the steps see them: a resolver may return a promise. */
export type ChainOptions = OpenOptions<
  AnySource,
  ResolvedFile<AnySource> | undefined | PromiseLike<ResolvedFile<AnySource> | undefined>
>;

/** An image with the files it is made of. */
export interface Chain {
  /** The opened image at 0, then its backing files. */
  readonly layers: readonly Layer[];
  /** The backing file that was not opened, if the last image names one. */
  readonly unopened: string | undefined;
  readonly cache: TableCache;
  readonly clusters: Lru<Uint8Array>;
  /** Overwritten by each compressed cluster that is read synchronously. */
  readonly scratch: { bytes: Uint8Array };
}

/**
 * Open an image and, unless `follow` is `none`, the files that it names.
 *
 * @throws Qcow2Error for faults of any image of the chain, and when a name is refused, not found, loops or leads too deep
 */
export function* openChain(source: AnySource, options: ChainOptions): Steps<Chain> {
  const cache = tableCache();
  const layers: Layer[] = [];
  const visited: { id: string | undefined; name: string }[] = [{ id: options.id, name: options.id ?? 'the image' }];
  let next: { source: AnySource; format: 'qcow2' | 'raw' } | undefined = { source, format: 'qcow2' };
  let unopened: string | undefined;
  while (next !== undefined) {
    const depth = layers.length;
    const layer: Layer = yield* openLayer(next, { options, cache, depth, namedBy: visited.at(-1)?.id });
    layers.push(layer);
    next = undefined;
    if (layer.kind === 'raw' || layer.info.backingName === undefined) break;
    if (options.follow === 'none') unopened = layer.info.backingName;
    else next = yield* openBacking(layer.info, layer.info.backingName, visited, options);
  }
  return { layers, unopened, cache, clusters: lru(CACHED_CLUSTERS), scratch: { bytes: new Uint8Array(0) } };
}

function* openLayer(
  { source, format }: { source: AnySource; format: 'qcow2' | 'raw' },
  { options, cache, depth, namedBy }: LayerContext,
): Steps<Layer> {
  const file = hostFile(source, depth === 0 ? 'image' : `backing file ${depth}`, options);
  if (format === 'raw') return { kind: 'raw', size: Math.ceil(source.size / 512) * 512, file };
  const info = yield* readInfo(source);
  checkVirtualSize(info.virtualSize, options.maxVirtualSize);
  const l1 = { offset: info.header.l1Offset, entries: info.header.l1Entries };
  const map: GuestMap = mapOf({ info, file }, l1, { ...options, cache, cacheKey: `${depth}` });
  const dataFile = usesDataFile(info.header) ? yield* openDataFile(info, { options, depth, namedBy }) : file;
  return { kind: 'qcow2', info, size: info.virtualSize, file, dataFile, map };
}

interface LayerContext {
  readonly options: ChainOptions;
  readonly cache: TableCache;
  readonly depth: number;
  readonly namedBy: string | undefined;
}

function* openDataFile(
  { dataFileName }: ImageInfo,
  { options, depth, namedBy }: Omit<LayerContext, 'cache'>,
): Steps<HostFile | undefined> {
  if (options.follow === 'none') return undefined;
  if (dataFileName === undefined || dataFileName === '') {
    throw new Qcow2Error('QCOW2_DATA_FILE_NOT_FOUND', 'guest data are in another file, the image does not name it');
  }
  const opened = yield* openNamed({ role: 'data', name: dataFileName, namedBy, depth }, options);
  return hostFile(opened.source, 'data file', options);
}

function* openBacking(
  { backingFormat }: ImageInfo,
  name: string,
  visited: { id: string | undefined; name: string }[],
  options: ChainOptions,
): Steps<{ source: AnySource; format: 'qcow2' | 'raw' }> {
  const depth = visited.length;
  if (depth >= LIMITS.chain) {
    const message = `backing chain is longer than ${LIMITS.chain} images`;
    throw new Qcow2Error('QCOW2_BACKING_DEPTH', message, { detail: { depth, limit: LIMITS.chain } });
  }
  const isStated = backingFormat !== undefined && backingFormat !== '';
  if (isStated && backingFormat !== 'raw' && backingFormat !== 'qcow2') {
    const message = `backing format ${JSON.stringify(backingFormat)} is not supported, raw and qcow2 are`;
    throw new Qcow2Error('QCOW2_UNSUPPORTED_FEATURE', message, { detail: { field: 'backing format', depth } });
  }
  if (!isStated && options.probeBacking !== true) {
    const message = `format of backing file ${JSON.stringify(name)} is not stated, and may not be guessed`;
    throw new Qcow2Error('QCOW2_BACKING_REFUSED', message, { detail: { depth } });
  }
  const { source, id } = yield* openNamed({ role: 'backing', name, namedBy: visited.at(-1)?.id, depth }, options);
  refuseLoop(visited, id, name);
  visited.push({ id, name });
  return { source, format: isStated ? (backingFormat === 'raw' ? 'raw' : 'qcow2') : yield* probe(source) };
}

function* probe(source: AnySource): Steps<'qcow2' | 'raw'> {
  return isQcow2(yield* readFront(source, headerLayout.magic.size)) ? 'qcow2' : 'raw';
}

function refuseLoop(
  visited: readonly { id: string | undefined; name: string }[],
  id: string | undefined,
  name: string,
) {
  const from = id === undefined ? -1 : visited.findIndex((image) => image.id === id);
  if (from < 0) return;
  const names = [...visited.slice(from).map((image) => image.name), name].map((text) => JSON.stringify(text));
  throw new Qcow2Error('QCOW2_BACKING_LOOP', `backing chain loop: ${names.join(' -> ')}`, {
    detail: { depth: visited.length },
  });
}

/** How QEMU recognises a protocol: a colon before the first slash. A path has none there. */
const PROTOCOL = /^[^/]*:/;
const CODES: Record<FileRequest['role'], { refused: Qcow2ErrorCode; notFound: Qcow2ErrorCode; what: string }> = {
  backing: { refused: 'QCOW2_BACKING_REFUSED', notFound: 'QCOW2_BACKING_NOT_FOUND', what: 'backing file' },
  data: { refused: 'QCOW2_DATA_FILE_REFUSED', notFound: 'QCOW2_DATA_FILE_NOT_FOUND', what: 'data file' },
};

function* openNamed(request: FileRequest, { resolve }: ChainOptions): Steps<ResolvedFile<AnySource>> {
  const { refused, notFound, what } = CODES[request.role];
  // Quoted: a name may hold anything, line ends and terminal controls too.
  const name = JSON.stringify(request.name);
  const detail = { depth: request.depth };
  if (PROTOCOL.test(request.name)) throw new Qcow2Error(refused, `${what} ${name} is not a path`, { detail });
  if (request.name.includes('\0')) throw new Qcow2Error(refused, `${what} ${name} has a NUL in its name`, { detail });
  if (resolve === undefined) throw new Qcow2Error(refused, `${what} ${name} is needed, none may be opened`, { detail });
  const opened = yield* ask(() => resolve(request));
  if (opened === undefined) throw new Qcow2Error(notFound, `${what} ${name} is not there`, { detail });
  return opened;
}
