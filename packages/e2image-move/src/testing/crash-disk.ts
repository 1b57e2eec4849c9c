import { type Range, SECTOR } from '../disk/geometry.ts';
import type { Storage } from '../disk/storage.ts';

/** One call that changed something: bytes written, or a sync. */
export type Operation =
  | { readonly disk: number; readonly kind: 'write'; readonly offset: number; readonly bytes: Uint8Array }
  | { readonly disk: number; readonly kind: 'sync' };

/** An array as a storage, which records in `trace` what is done to it. For tests. */
export function tracedDisk(content: Uint8Array, disk: number, trace: Operation[]): Storage {
  return {
    readAt(into, offset) {
      if (offset < 0 || offset + into.length > content.length) throw new RangeError(`read at ${offset}`);
      into.set(content.subarray(offset, offset + into.length));
    },
    writeAt(bytes, offset) {
      if (offset < 0 || offset + bytes.length > content.length) throw new RangeError(`write at ${offset}`);
      content.set(bytes, offset);
      trace.push({ disk, kind: 'write', offset, bytes: new Uint8Array(bytes) });
    },
    sync: () => void trace.push({ disk, kind: 'sync' }),
  };
}

/** A sector that a power cut may have kept or lost, with each version that the cache has held. */
interface LooseSector {
  readonly disk: number;
  readonly offset: number;
  readonly versions: Uint8Array[];
}

/**
 * Disks with a volatile cache, at one point of a trace: what is durable, and which sectors are loose. A sector is
 * written as a whole or not at all; each loose one holds any of its versions, independently of all others. That covers
 * lost, reordered and torn writes.
 */
export class CrashPoint {
  readonly durable: readonly Uint8Array[];
  /** What a read would see. */
  readonly #latest: readonly Uint8Array[];
  readonly #sectorSize: number;
  readonly #loose = new Map<string, LooseSector>();
  /** Loose sectors by the write that made them, for states in which whole writes are kept or lost. */
  #writes: Range[] = [];

  /**
   * @param disks content before the trace; copied
   * @param sectorSize bytes that the disks write as a whole
   */
  constructor(disks: readonly Uint8Array[], sectorSize = SECTOR) {
    this.durable = disks.map((disk) => new Uint8Array(disk));
    this.#latest = disks.map((disk) => new Uint8Array(disk));
    this.#sectorSize = sectorSize;
  }

  apply(operation: Operation): void {
    if (operation.kind === 'sync') this.#settle(operation.disk);
    else this.#write(operation);
  }

  #write({ disk, offset, bytes }: Operation & { kind: 'write' }): void {
    const size = this.#sectorSize;
    const latest = this.#latest[disk];
    latest?.set(bytes, offset);
    for (let at = offset - (offset % size); at < offset + bytes.length; at += size) {
      const key = `${disk}:${at}`;
      const sector = this.#loose.get(key) ?? { disk, offset: at, versions: [] };
      if (latest !== undefined) sector.versions.push(latest.slice(at, at + size));
      this.#loose.set(key, sector);
    }
    this.#writes.push({ from: offset, to: offset + bytes.length });
  }

  #settle(disk: number): void {
    for (const [key, sector] of this.#loose) {
      if (sector.disk !== disk) continue;
      const newest = sector.versions.at(-1);
      if (newest !== undefined) this.durable[disk]?.set(newest, sector.offset);
      this.#loose.delete(key);
    }
    if (this.#loose.size === 0) this.#writes = [];
  }

  /** One possible content of the disks after a power cut here: each loose sector keeps one of its versions, or none. */
  randomState(pick: () => number): Uint8Array[] {
    const share = pick();
    return this.#keep([...this.#loose.values()], () => pick() < share, pick);
  }

  /**
   * Possible contents of the disks after a power cut here. If few sectors are loose, all subsets of them are kept in
   * turn; else all, none, each alone, all but each, those of each single write, each half, and `random` subsets.
   *
   * @param pick gives a number in [0, 1): the choice of random subsets and of versions
   */
  *states({ random, pick }: { readonly random: number; readonly pick: () => number }): Generator<Uint8Array[]> {
    const sectors = [...this.#loose.values()];
    for (const keep of this.#subsets(sectors, random, pick)) {
      yield this.#keep(sectors, keep, pick);
    }
  }

  #keep(sectors: readonly LooseSector[], keep: (index: number) => boolean, pick: () => number): Uint8Array[] {
    const disks = this.durable.map((disk) => disk.slice());
    sectors.forEach((sector, index) => {
      if (!keep(index)) return;
      const version = sector.versions[Math.floor(pick() * sector.versions.length)];
      if (version !== undefined) disks[sector.disk]?.set(version, sector.offset);
    });
    return disks;
  }

  *#subsets(
    sectors: readonly LooseSector[],
    random: number,
    pick: () => number,
  ): Generator<(index: number) => boolean> {
    const count = sectors.length;
    if (count <= 4) {
      for (let bits = 0; bits < 2 ** count; bits++) yield (index) => ((bits >> index) & 1) === 1;
      return;
    }
    yield () => false;
    yield () => true;
    yield (index) => index < count / 2;
    yield (index) => index >= count / 2;
    const step = Math.max(1, Math.floor(count / 8));
    for (let one = Math.floor(pick() * step); one < count; one += step) {
      yield (index) => index === one;
      yield (index) => index !== one;
    }
    for (const { from, to } of this.#writes.slice(0, 6)) {
      yield (index) => {
        const offset = sectors[index]?.offset ?? 0;
        return offset >= from && offset < to;
      };
    }
    for (let round = 0; round < random; round++) {
      const kept = sectors.map(() => pick() < 0.5);
      yield (index) => kept[index] === true;
    }
  }
}
