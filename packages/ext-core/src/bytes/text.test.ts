import { hexText, nulTerminatedText, uuidText } from './text.ts';

const bytes = (text: string) => new TextEncoder().encode(text);

test.each([
  ['up to the first NUL byte', bytes('name\0rest\0'), 'name'],
  ['all of a field without one', bytes('exactly8'), 'exactly8'],
  ['nothing of an empty field', new Uint8Array(8), ''],
  ['U+FFFD for what is not UTF-8', Uint8Array.of(0x61, 0xff, 0x62, 0), 'a\ufffdb'],
])('text is %s', (_, field, text) => expect(nulTerminatedText(field)).toBe(text));

test('every byte has two digits', () => expect(hexText(Uint8Array.of(0, 1, 0x0f, 0xa0, 0xff))).toBe('00010fa0ff'));

test('a UUID has its usual form', () => {
  const uuid = Uint8Array.from({ length: 16 }, (_, index) => index * 17);
  expect(uuidText(uuid)).toBe('00112233-4455-6677-8899-aabbccddeeff');
});
