import { faultySink, faultySource, injectedError, MemorySink, memorySource } from '../testing.ts';

const AT = [{ offset: 4, length: 2 }];

describe('faultySource', () => {
  const source = faultySource(memorySource(Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8)), { at: AT });

  test.each([
    [0, 4, true],
    [6, 2, true],
    [0, 5, false],
    [5, 3, false],
    [4, 1, false],
  ])('a read from %d of %d bytes works: %p', (offset, length, works) => {
    const into = new Uint8Array(length);
    if (works) source.readAt(into, offset);
    else expect(() => source.readAt(into, offset)).toThrow(expect.objectContaining({ code: 'EIO', syscall: 'read' }));
    expect([...into]).toEqual(Array.from({ length }, (_, at) => (works ? offset + at + 1 : 0)));
  });

  test('has the size and extents of the source, and the given code', () => {
    const extentAt = (offset: number) => ({ kind: 'hole', offset, length: 1 }) as const;
    const other = faultySource({ ...memorySource(new Uint8Array(3)), extentAt }, { at: AT, code: 'ENXIO' });
    expect([other.size, other.extentAt?.(2)]).toEqual([3, { kind: 'hole', offset: 2, length: 1 }]);
    expect(() => other.readAt(new Uint8Array(1), 4)).toThrow(expect.objectContaining({ code: 'ENXIO' }));
    expect('extentAt' in source).toBe(false);
  });
});

describe('faultySink', () => {
  test('fails on writes and zeros that touch a fault, and passes the others', () => {
    const inner = new MemorySink();
    const sink = faultySink(inner, { at: AT });
    sink.writeAt(new Uint8Array(4).fill(1), 0);
    sink.skip(4, 2);
    expect(() => sink.zero(5, 1)).toThrow(expect.objectContaining({ code: 'EIO', syscall: 'write' }));
    expect(() => sink.writeAt(new Uint8Array(2), 3)).toThrow(injectedError('EIO', 'write'));
    expect(inner.calls.map(({ kind, offset, length }) => `${kind} ${offset} ${length}`)).toEqual([
      'write 0 4',
      'skip 4 2',
    ]);
  });

  test('is full after `room` bytes', () => {
    const inner = new MemorySink();
    const sink = faultySink(inner, { room: 5 });
    sink.writeAt(new Uint8Array(5), 0);
    expect(() => sink.writeAt(new Uint8Array(1), 5)).toThrow(expect.objectContaining({ code: 'ENOSPC' }));
    expect(() => sink.zero(4, 2)).toThrow(expect.objectContaining({ code: 'ENOSPC' }));
    expect(inner.calls).toHaveLength(1);
  });

  test('fails at the end as asked, or finishes and aborts the sink', async () => {
    const inner = new MemorySink();
    await expect(faultySink(inner, { finish: 'EIO' }).finish(1)).rejects.toMatchObject({ code: 'EIO' });
    expect(inner.state).toBe('open');
    await faultySink(inner, {}).finish(3);
    expect([inner.state, inner.bytes.length]).toEqual(['finished', 3]);
    const other = new MemorySink();
    faultySink(other, {}).abort();
    expect(other.state).toBe('aborted');
  });
});
