import { say, type World } from '@e2image/cli';

/** Lines told of one kind of damage before the rest is only counted. */
const MAX_LINES = 20;

/** What was wrong with the file system: told as it comes. */
export class Findings {
  /** Whether the output lacks something that belongs in it: exit status 3. */
  isLost = false;
  readonly #world: World;
  readonly #counts = new Map<string, number>();

  constructor(world: World) {
    this.#world = world;
  }

  /** Damage of the file system or of its index, met while scrambling too. */
  problem({
    code,
    message,
    lost = false,
  }: {
    readonly code: string;
    readonly message: string;
    readonly lost?: boolean;
  }): void {
    this.isLost ||= lost;
    const count = (this.#counts.get(code) ?? 0) + 1;
    this.#counts.set(code, count);
    if (count <= MAX_LINES) say(this.#world, `warning: ${message}`);
  }

  /** Tell what was only counted. */
  close(): void {
    for (const [code, count] of this.#counts) {
      if (count > MAX_LINES) say(this.#world, `warning: ${count - MAX_LINES} more of this kind (${code})`);
    }
  }
}
