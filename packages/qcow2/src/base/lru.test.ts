import { lru } from './lru.ts';

describe('lru', () => {
  test('drops what was not used for longest when the weights pass the limit', () => {
    const cache = lru<string>(10);
    cache.set('a', 'A', 4);
    cache.set('b', 'B', 4);
    expect(cache.get('a')).toBe('A');
    cache.set('c', 'C', 4);
    expect([cache.get('a'), cache.get('b'), cache.get('c')]).toEqual(['A', undefined, 'C']);
  });

  test('keeps the newest alone when it is too heavy, and counts a replaced one once', () => {
    const cache = lru<string>(10);
    cache.set('a', 'A', 4);
    cache.set('b', 'B', 99);
    expect([cache.get('a'), cache.get('b')]).toEqual([undefined, 'B']);
    cache.set('b', 'B', 5);
    cache.set('c', 'C', 5);
    expect([cache.get('b'), cache.get('c')]).toEqual(['B', 'C']);
  });
});
