import { DX_ROOT_ENTRIES, dxRootLayout, isDxRoot } from '@e2image/ext-core/structures';

/**
 * Whether the first block of an indexed directory begins with the two records of a root. Other fields of a damaged root
 * are not judged: scrambled as records it would lose the damage that an image must show.
 */
export function hasRootShape(view: DataView, blockSize: number): boolean {
  const copy = new Uint8Array(DX_ROOT_ENTRIES);
  copy.set(new Uint8Array(view.buffer, view.byteOffset, DX_ROOT_ENTRIES));
  const head = new DataView(copy.buffer);
  dxRootLayout.reserved_zero.set(head, 0, 0);
  dxRootLayout.info_length.set(head, 0, 8);
  return isDxRoot(head, 0, blockSize);
}
