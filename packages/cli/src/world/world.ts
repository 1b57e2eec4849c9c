/** What a command uses of its process. `bin.ts` passes the real one; a test passes a fake. */
export interface World {
  /** The command's name as typed (argv[0], links not resolved): what messages begin with. */
  readonly program: string;
  /** The environment; read in `plan` and nowhere below. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Text for people, to standard error. The caller ends its lines. */
  stderr(text: string): void;
  /** Text for scripts, to standard output; image bytes never come this way. */
  stdout(text: string): void;
  readonly stderrIsTerminal: boolean;
  readonly stdoutIsTerminal: boolean;
  /** The clock. */
  now(): Date;
  /** `length` bytes that nobody can guess. */
  randomBytes(length: number): Uint8Array;
}

/** What every command exports: run it, return its exit status. */
export type Main = (argv: readonly string[], world: World) => Promise<number>;
