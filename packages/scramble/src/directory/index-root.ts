import { DX_ROOT_ENTRIES, dxRootLayout, isDxRoot } from '@e2image/ext-core/structures';

/**
 * Whether the block of an indexed directory begins with the two records of a root, whatever is wrong with the rest: as
 * records it would lose what is wrong.
 */
export function hasRootShape(view: DataView, blockSize: number): boolean {
  const copy = new Uint8Array(DX_ROOT_ENTRIES);
  copy.set(new Uint8Array(view.buffer, view.byteOffset, DX_ROOT_ENTRIES));
  const head = new DataView(copy.buffer);
  dxRootLayout.reserved_zero.set(head, 0, 0);
  dxRootLayout.info_length.set(head, 0, 8);
  return isDxRoot(head, 0, blockSize);
}
