/** How to make one file system. Everything that decides its bytes is here, so that it can be made again anywhere. */
export interface Recipe {
  /** What makes it special, as words joined by `-`; also the name of the file. */
  readonly name: string;
  /** Arguments of mke2fs before the file and its size, separated by blanks. */
  readonly mke2fs: string;
  /** Size of the file system as mke2fs takes it: `16M`, or a number of blocks. */
  readonly size: string;
  /** Requests for `debugfs -w`; `@name` is the path of a file of content.ts. */
  readonly debugfs?: readonly string[];
  /** Let e2fsck -fy have it afterwards: it indexes directories (`-D`), counts references, completes what debugfs left. */
  readonly fsck?: '-fy' | '-fyD';
  /** Filled by the kernel: where there are no loop devices the recipe is left out. */
  readonly mount?: {
    /** For `mount -o`. */
    readonly options?: string;
    /** For `sh -e`, started in the root of the file system; `@name` as above. */
    readonly script: string;
  };
  /** Damage done on purpose, after everything else: what is wrong, and the debugfs requests that do it. */
  readonly damage?: { readonly what: string; readonly debugfs: readonly string[] };
  /** The C e2image gives up on it, and why; ours must not. */
  readonly cRefuses?: string;
  /** Part of `npm test`; the others run in `npm run prove`. */
  readonly fast?: true;
  /** Takes more than some seconds even there. */
  readonly slow?: true;
}

/** A bit of everything: what most file systems hold. Needs about 5 MiB. */
export const MIXTURE: readonly string[] = [
  'mkdir folder',
  'mkdir folder/deep',
  'mkdir folder/deep/deeper',
  'write @empty empty',
  'write @tiny tiny',
  'write @small folder/small',
  'write @text folder/deep/text',
  'write @ragged folder/deep/deeper/ragged',
  'symlink fast folder/small',
  `symlink slow ${'/a/rather/long/target'.repeat(8)}`,
  'ln folder/small hardlink',
  'sif folder/small links_count 2',
  'mknod pipe p',
  'mknod disk b 8 1',
  'mknod null c 1 3',
  'ea_set tiny user.short value',
  'ea_set -f @value200 folder/small user.longer',
];

/** Less than MIXTURE, for file systems of half a megabyte. */
export const MORSEL: readonly string[] = ['mkdir folder', 'write @tiny tiny', 'write @small folder/small'];

/** `count` empty files in `folder`, with names of `length` bytes. */
export function manyNames(folder: string, count: number, length = 12): string[] {
  return Array.from(
    { length: count },
    (_, index) => `write @empty ${folder}/${String(index).padStart(7, '0').padEnd(length, 'n')}`,
  );
}

/** `count` copies of a file of content.ts. */
export function manyFiles(content: string, count: number, prefix = 'file'): string[] {
  return Array.from({ length: count }, (_, index) => `write @${content} ${prefix}${index}`);
}
