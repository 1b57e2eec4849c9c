import type { AnySource } from './host-file.ts';

/** A further file that an image names. */
export interface FileRequest {
  readonly role: 'backing' | 'data';
  /** As the image spells it; never empty, never a protocol (`nbd:`, `json:`). Everything else it may be. */
  readonly name: string;
  /** Identity of the image that contains the name, from its resolver; undefined: the opened image, without an `id`. */
  readonly namedBy: string | undefined;
  /** Position of the asked file in the backing chain, from 1 on; of a data file: of the image it belongs to. */
  readonly depth: number;
}

/** A file that a resolver opened. It stays the resolver's: this package closes nothing. */
export interface ResolvedFile<S> {
  readonly source: S;
  /** Identifies the file, as device and inode do. Without it a loop is noticed only at the depth limit. */
  readonly id?: string;
}

/** How an image is opened. */
export interface OpenOptions<S = AnySource, R = ResolvedFile<S> | undefined> {
  /**
   * Opens the files that an image names, or throws to refuse; undefined: no such file. The names come from the image:
   * do not trust them. Without a resolver no other file is opened.
   */
  readonly resolve?: (request: FileRequest) => R;
  /** Identity of the opened image itself, to detect loops. */
  readonly id?: string;
  /**
   * `chain`: open the backing files and the data file with the image (default). `none`: open only the image; its
   * tables can be listed and checked, and a read that needs another file is refused.
   */
  readonly follow?: 'chain' | 'none';
  /**
   * Whether to look at a backing file's first bytes when its format is not stated. Off by default: the guest can
   * write these bytes, and so make a raw file name any other file.
   */
  readonly probeBacking?: boolean;
  /** Bytes past the end of a file are an error (default), or read as zeros, as in QEMU. */
  readonly truncated?: 'error' | 'zeros';
  /** Reserved bits in tables are an error (default), or ignored, as in QEMU. */
  readonly reserved?: 'error' | 'ignore';
  /** Refuse larger virtual disks, in bytes: a file of 40 MB can describe petabytes. Default: no limit. */
  readonly maxVirtualSize?: number;
}
