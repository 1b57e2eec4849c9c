import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { textOnly } from './text-only.ts';

/** A phrase that a reader must learn, and the plain words for it. */
export interface Phrase {
  readonly name: string;
  readonly pattern: RegExp;
  readonly instead: string;
}

/** Words for people, after which `who` is right. */
const PEOPLE =
  'people|persons?|users?|somebody|someone|everybody|everyone|anybody|anyone|nobody|administrators?|maintainers?|' +
  'contributors?|authors?|reviewers?|newcomers?|attackers?|those|strangers?|readers? of [a-z]+';

/**
 * What is not written here, in comments, messages and documents. Patterns have white space as ` `, which also matches the
 * end of a line; case does not matter.
 */
export const PHRASES: readonly Phrase[] = [
  phrase('behind', 'after, past the end, later', String.raw`(?<!\b(?:left|leaves?|leaving)\b[^.;:]{0,40})\bbehind\b`),
  phrase('in front of', 'before', String.raw`\bin front of\b`),
  phrase('told', 'reported', String.raw`\btold\b`),
  phrase('tell', 'report, show, distinguish', String.raw`\b(?:tells?|telling)\b`),
  phrase(
    'is no X',
    'is not a X',
    String.raw`(?<!\bthere )\b(?:is|are|was|were) no (?!(?:longer|more)\b)(?:[a-z]+|[\0\`\d])`,
  ),
  phrase('is none', 'does not exist, has none', String.raw`\b(?:is|are|was|were) none\b`),
  phrase('lies', 'is, is stored, is wrong', String.raw`\blies?\b`),
  phrase('gives up the stack', 'yields to the event loop', String.raw`\bg(?:ive|ives|ave|iven|iving) up the stack\b`),
  phrase('anew', 'again, rebuilt', String.raw`\banew\b`),
  phrase('once more', 'again, a second time', String.raw`\bonce more\b`),
  phrase('whoever', 'the caller, code that', String.raw`\bwhoever\b`),
  phrase('who', 'the caller, code that, which', String.raw`(?<!\b(?:${PEOPLE}),? )\bwho\b`),
  phrase('what is there', 'existing', String.raw`\b(?:what|that|which) (?:is|are|was|were) there\b`),
  phrase('is there already', 'exists', String.raw`\b(?:is|are|was|were) (?:already there|there already)\b`),
  phrase(
    'a word',
    'a message, a line',
    String.raw`(?<!\bas )\b(?:(?:without a|in one|no) word|(?:a|one|another) word (?:for|about|when|that))\b`,
  ),
  phrase('is said', 'is reported, is printed', String.raw`\b(?:is|are|was|were|be) said\b`),
  phrase('is to be', 'must be', String.raw`\b(?:is|are|was|were) (?:not )?to be\b`),
  phrase('goes on with', 'continues', String.raw`\b(?:go|goes|went|gone|going) on with\b`),
];

function phrase(name: string, instead: string, pattern: string): Phrase {
  return { name, instead, pattern: new RegExp(pattern.replaceAll(' ', String.raw`\s+`), 'gi') };
}

/** A phrase in a file. */
export interface Finding {
  /** 1 for the first. */
  readonly line: number;
  readonly phrase: Phrase;
  /** The words as they are there. */
  readonly words: string;
}

/** Find phrases in a file's text. @param path its ending says whether it is a document or source text */
export function findPhrases(path: string, text: string): Finding[] {
  const prose = path.endsWith('.md') ? text : textOnly(text);
  return PHRASES.flatMap((phrase) =>
    [...prose.matchAll(phrase.pattern)].map((match) => ({
      line: prose.slice(0, match.index).split('\n').length,
      phrase,
      words: match[0].replace(/\s+/g, ' ').trim(),
    })),
  ).sort((left, right) => left.line - right.line);
}

/** Where the phrases are named, not used. */
const LISTS = ['CONTRIBUTING.md', 'tools/test/words.ts', 'tools/test/words.test.ts'];

/** Files of a repository that people read, below a folder: sources and documents that git knows. */
export function readableFiles(repository: string, folder: string): string[] {
  const list = execFileSync('git', ['ls-files', '--', folder], { cwd: repository, encoding: 'utf8' });
  return list
    .split('\n')
    .filter(
      (path) =>
        /\.(?:ts|mjs|cjs|md)$|(?:^|\/)package\.json$/.test(path) &&
        !LISTS.includes(path) &&
        existsSync(join(repository, path)),
    );
}

/** @returns lines `FILE:LINE: phrase (words) -> what to use instead`, for all files below a folder */
export function wordComplaints(repository: string, folder: string): string[] {
  return readableFiles(repository, folder).flatMap((path) =>
    findPhrases(path, readFileSync(join(repository, path), 'utf8')).map(
      ({ line, phrase: { name, instead }, words }) => `${path}:${line}: ${name} (${words}) -> ${instead}`,
    ),
  );
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const complaints = wordComplaints('.', process.argv[2] ?? '.');
  for (const complaint of complaints) console.log(complaint);
  console.log(`${complaints.length} phrases`);
  process.exitCode = complaints.length > 0 ? 1 : 0;
}
