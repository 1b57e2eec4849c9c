/** The N of `/dev/fd/N`, `/dev/stdout` and the other names of an open descriptor; undefined for every other path. */
export function descriptorNumber(path: string): number | undefined {
  const named = NAMED[path];
  if (named !== undefined) return named;
  const found = /^\/(?:dev|proc\/self)\/fd\/(\d{1,9})$/.exec(path);
  return found === null ? undefined : Number(found[1]);
}

const NAMED: Readonly<Record<string, number>> = { '/dev/stdin': 0, '/dev/stdout': 1, '/dev/stderr': 2 };
