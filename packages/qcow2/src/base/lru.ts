/** The values used last, up to a total weight. The newest one stays even when it alone is heavier. */
export interface Lru<V> {
  get(key: string): V | undefined;
  set(key: string, value: V, weight: number): void;
}

/** An empty cache for values of `limit` weight in total. */
export function lru<V>(limit: number): Lru<V> {
  // A Map keeps its keys in the order of insertion: the first is the one not used for longest.
  const entries = new Map<string, { value: V; weight: number }>();
  let total = 0;
  return {
    get(key) {
      const entry = entries.get(key);
      if (entry === undefined) return undefined;
      entries.delete(key);
      entries.set(key, entry);
      return entry.value;
    },
    set(key, value, weight) {
      total += weight - (entries.get(key)?.weight ?? 0);
      entries.delete(key);
      entries.set(key, { value, weight });
      for (const [oldest, entry] of entries) {
        if (total <= limit || entries.size === 1) break;
        entries.delete(oldest);
        total -= entry.weight;
      }
    },
  };
}
