/**
 * Binary search in anything that is sorted and can be asked by index.
 *
 * @param count number of items
 * @param isBefore whether the item at `index` is before the wanted position; true for the first items only
 * @returns index of the first item that is not before it; `count` where all are
 */
export function lowerBound(count: number, isBefore: (index: number) => boolean): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isBefore(middle)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * Binary search among numbers that ascend, for searches that run for every block: it allocates nothing, where
 * `lowerBound` needs a function for each call.
 *
 * @param values numbers; item `index` is `values[index * step + first]`
 * @param count number of items
 * @returns index of the first item greater than `limit`; `count` where none is
 */
export function firstAbove(values: ArrayLike<number>, limit: number, count: number, step = 1, first = 0): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((values[middle * step + first] as number) <= limit) low = middle + 1;
    else high = middle;
  }
  return low;
}
