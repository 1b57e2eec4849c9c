import { resumeCommand } from './resume-command.ts';

const move = { source: 0, destination: 1048576 };

describe('resumeCommand', () => {
  test('names the file of the record, or else the two places', () => {
    expect(resumeCommand({ device: '/dev/sdb', move, journal: '/root/j' })).toBe(
      'e2image-move --resume --journal /root/j /dev/sdb',
    );
    expect(resumeCommand({ device: '/dev/sdb', move, journal: undefined })).toBe(
      'e2image-move --resume -o 0 -O 1048576 /dev/sdb',
    );
  });

  test.each([
    ['my disk.img', "'my disk.img'"],
    ["it's", "'it'\\''s'"],
    ['-x', "'-x'"],
    ['$(reboot)', "'$(reboot)'"],
    ['a\u001b[2Jb\n', "$'a\\x1b[2Jb\\x0a'"],
  ])('quotes %j for a shell', (device, quoted) => {
    expect(resumeCommand({ device, move, journal: undefined })).toBe(`e2image-move --resume -o 0 -O 1048576 ${quoted}`);
  });
});
