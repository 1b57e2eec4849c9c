import fc from 'fast-check';
import { printable } from './printable.ts';
import { shellWord } from './shell-word.ts';

/** What bash makes of a line, as far as `shellWord` uses its grammar: POSIX.1 "Quoting", bash "ANSI-C Quoting". */
function wordsOf(line: string): string[] {
  const part = /\$'((?:[^'\\]|\\x[\da-f]{2})*)'|'([^']*)'|\\(.)|( )|([\w./:@%+=,-])/gsy;
  let words = [''];
  while (part.lastIndex < line.length) {
    const at = part.lastIndex;
    const found = part.exec(line);
    if (found === null) throw new Error(`not a word at ${at}: ${line}`);
    const [, ansi, single, escaped, blank, plain] = found;
    if (blank !== undefined) words = [...words, ''];
    else words.push(words.pop() + (ansi === undefined ? (single ?? escaped ?? plain ?? '') : unescaped(ansi)));
  }
  return words;
}

function unescaped(text: string): string {
  const bytes = [...text.matchAll(/\\x(..)|(.)/gs)].map(([, hex, plain]) =>
    hex === undefined ? (plain ?? '').charCodeAt(0) : Number.parseInt(hex, 16),
  );
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(Uint8Array.from(bytes));
}

describe('shellWord', () => {
  test.each([
    ['/dev/sda1', '/dev/sda1'],
    ['my disk.img', "'my disk.img'"],
    ["it's", "'it'\\''s'"],
    ['-x', "'-x'"],
    ['', "''"],
    ['$(reboot)', "'$(reboot)'"],
    ['~', "'~'"],
    ['ä', "'ä'"],
    ['un\tdo', "$'un\\x09do'"],
    ['a\u001b[2Jb\n', "$'a\\x1b[2Jb\\x0a'"],
    ["'\\\n", "$'\\x27\\x5c\\x0a'"],
    ['exe\u202egpj', "$'exe\\xe2\\x80\\xaegpj'"],
  ])('quotes %j as %s', (text, quoted) => {
    expect(shellWord(text)).toBe(quoted);
  });

  test('is read by a shell as exactly the text, and is not changed by a message', () => {
    const unit = fc.oneof(
      { arbitrary: fc.constantFrom(...' \'"\\$`~-\t\n\u001b\u007f\u0085\u2028\u202eä€😀'), weight: 2 },
      fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
    );
    fc.assert(
      fc.property(fc.array(unit, { maxLength: 12 }), (units) => {
        const text = units.join('');
        expect(wordsOf(`e2undo ${shellWord(text)}`)).toEqual(['e2undo', text]);
        expect(printable(shellWord(text))).toBe(shellWord(text));
      }),
    );
  });
});
