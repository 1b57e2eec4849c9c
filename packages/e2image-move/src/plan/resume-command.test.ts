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

  test('quotes names for a shell', () => {
    const hint = { device: 'my\n.img', move, journal: "it's" };
    expect(resumeCommand(hint)).toBe("e2image-move --resume --journal 'it'\\''s' $'my\\x0a.img'");
  });
});
