import { dateText } from './write-plan.ts';

test.each([
  [0, '1970-01-01 00:00:00 UTC'],
  [1_700_000_000, '2023-11-14 22:13:20 UTC'],
  [2 ** 40 - 1, '+036812-02-20 00:36:15 UTC'],
  [2 ** 50, 'second 1125899906842624 since 1970'],
])('a time of %i seconds has a text', (seconds, text) => expect(dateText(seconds)).toBe(text));
