/** Stands for a character of code: no phrase continues across one. */
const CODE = '\0';

/** After one of these a slash begins a regular expression; elsewhere it divides. */
const BEFORE_PATTERN = /(?:^|[(,=:[!&|?{};+\-*%<>~^]|\b(?:return|typeof|case|in|of))\s*$/;

/**
 * Keep of TypeScript or JavaScript only what people read: comments and the contents of strings and templates. Every other
 * character becomes NUL, the marks of comments become spaces. So positions and lines stay the same, and a sentence that
 * continues on the next line of a comment has only white space in between.
 */
export const textOnly = (source: string): string => new Scanner(source).scan();

class Scanner {
  readonly #source: string;
  #at = 0;
  #out = '';
  /** The `${` that are open: for each the number of braces of code that are open inside it. */
  readonly #openBraces: number[] = [];

  constructor(source: string) {
    this.#source = source;
  }

  scan(): string {
    while (this.#at < this.#source.length) this.#token();
    return this.#out;
  }

  #token(): void {
    const two = this.#source.slice(this.#at, this.#at + 2);
    const one = two[0] ?? '';
    if (two === '//') this.#comment(this.#find('\n'));
    else if (two === '/*') this.#comment(this.#find('*/') + 2);
    else if (one === "'" || one === '"') this.#quoted([one]);
    else if (one === '`') this.#template();
    else if (one === '/' && BEFORE_PATTERN.test(this.#source.slice(Math.max(0, this.#at - 40), this.#at))) {
      this.#code(this.#patternEnd());
    } else if (one === '}' && this.#openBraces.at(-1) === 0) {
      this.#openBraces.pop();
      this.#template();
    } else {
      const depth = this.#openBraces.length - 1;
      const change = one === '{' ? 1 : one === '}' ? -1 : 0;
      if (depth >= 0) this.#openBraces[depth] = (this.#openBraces[depth] ?? 0) + change;
      this.#code(this.#at + 1);
    }
  }

  #code(end: number): void {
    this.#out += this.#source.slice(this.#at, end).replace(/\S/g, CODE);
    this.#at = end;
  }

  #comment(end: number): void {
    const lines = this.#source.slice(this.#at, end).replace(/\*\/$/, '  ').split('\n');
    this.#out += lines.map((line) => line.replace(/^\s*(?:\/\/|\/?\*+)/, (mark) => ' '.repeat(mark.length))).join('\n');
    this.#at = Math.min(end, this.#source.length);
  }

  /** A mark, then text up to one of `ends`. The end is code, too. */
  #quoted(ends: readonly string[]): string {
    this.#code(this.#at + 1);
    let end = this.#at;
    const endsHere = (): string | undefined => ends.find((mark) => this.#source.startsWith(mark, end));
    while (end < this.#source.length && endsHere() === undefined) end += this.#source[end] === '\\' ? 2 : 1;
    const mark = endsHere() ?? '';
    this.#out += this.#source.slice(this.#at, end);
    this.#at = Math.min(end, this.#source.length);
    this.#code(this.#at + mark.length);
    return mark;
  }

  /** From a backtick, or from the end of a `${...}`, to the next one. */
  #template(): void {
    if (this.#quoted(['`', '${']) === '${') this.#openBraces.push(0);
  }

  /** The position of a mark, or the end of the source. */
  #find(mark: string): number {
    const found = this.#source.indexOf(mark, this.#at);
    return found < 0 ? this.#source.length : found;
  }

  #patternEnd(): number {
    let isInClass = false;
    let end = this.#at + 1;
    for (; end < this.#source.length && (isInClass || this.#source[end] !== '/'); end++) {
      const char = this.#source[end];
      if (char === '\\') end++;
      else if (char === '[' || char === ']') isInClass = char === '[';
    }
    return Math.min(end + 1, this.#source.length);
  }
}
