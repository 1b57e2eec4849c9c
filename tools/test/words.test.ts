import { join } from 'node:path';
import { textOnly } from './text-only.ts';
import { findPhrases, PHRASES, wordComplaints } from './words.ts';

const REPOSITORY = join(__dirname, '../..');

test('the texts of the repository are plain', () => {
  expect(wordComplaints(REPOSITORY, '.')).toEqual([]);
});

/** By phrase: a sentence that is found, and one that is right. */
const EXAMPLES: Readonly<Record<string, readonly [bad: string, good: string]>> = {
  behind: ['the byte behind the last entry', 'a killed run leaves no file of its own behind'],
  'in front of': ['the gap in front of the table', 'the gap before the table'],
  told: ['each block is told once', 'each block is reported once'],
  tell: ['the header tells the size', 'the header contains the size'],
  'is no X': ['the block is no superblock', 'there is no superblock, and the block is no longer read'],
  'is none': ['where there is none', 'where none exists'],
  lies: ['the table lies after the header', 'a lying superblock'],
  'gives up the stack': ['it gives up the stack between batches', 'it gives up after two attempts'],
  anew: ['the index is built anew', 'the index is rebuilt'],
  'once more': ['the block is read once more', 'the block is read again, more than once'],
  whoever: ['whoever reads it must wait', 'the reader must wait'],
  who: ['for who has no other', 'users who have no other, and those who have'],
  'what is there': ['it keeps what is there', 'it keeps what the block contains'],
  'is there already': ['a file that is there already', 'there is already a file'],
  'a word': ['it ends without a word', 'a word of a value, as one word for a shell'],
  'is said': ['that is said on standard error', 'that is printed on standard error, it is saved'],
  'is to be': ['the block is to be moved', 'the block is meant to be moved'],
  'goes on with': ['it goes on with the next block', 'it goes on without the block'],
};

test.each(PHRASES)('$name is found, and only where it is', ({ name }) => {
  const [bad = '', good = ''] = EXAMPLES[name] ?? [];
  expect(findPhrases('a.md', bad).map((finding) => finding.phrase.name)).toContain(name);
  expect(findPhrases('a.md', good).map((finding) => finding.phrase.name)).not.toContain(name);
});

test('a phrase is found across the end of a line, with the line where it begins', () => {
  const source = '/**\n * It is read once\n * more.\n */\nconst a = 1;\n// Told,\n// once more.\n';
  const found = findPhrases('a.ts', source).map(({ line, words }) => `${line} ${words}`);
  expect(found).toEqual(['2 once more', '6 Told', '7 once more']);
});

test('code is not prose: names are free, and no phrase continues from one text to another', () => {
  expect(findPhrases('a.ts', "const told = behind(lies, who); f('once', 'more'); // is\nno(1);\n")).toEqual([]);
});

test.each([
  "'told'",
  '"a \\" told"',
  '`a $' + '{b + `c`} told`',
  'f(`$' + '{ { a: 1 } }`); // told',
  'const a = /[/"\']/; // told',
  'const a = b / c; // told / told',
  '/* told */ a',
])('text is found in %s', (source) => {
  expect(textOnly(source)).toHaveLength(source.length);
  expect(textOnly(source)).toContain('told');
});

test('nothing but text stays', () => {
  const source = "import { told } from 'a';\nconst told = `b$" + '{told}c` + /told/.source; // d\n';
  expect(textOnly(source).replace(/[\0\s]/g, '')).toBe('abcd');
});
