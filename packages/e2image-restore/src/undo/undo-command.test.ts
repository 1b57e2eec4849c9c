import { say } from '@e2image/cli';
import { fakeWorld } from '@e2image/cli/testing';
import { undoCommand } from './undo-command.ts';

test('names the undo file and the device', () => {
  expect(undoCommand('/root/undo', '/dev/sdb1')).toBe('e2undo /root/undo /dev/sdb1');
});

test('names the same files after it was printed, whatever characters they have', () => {
  const world = fakeWorld();
  say(world, `to undo: ${undoCommand('w/un\tdo', "it's \u202e.img")}`);
  expect(world.said.stderr).toBe("prog: to undo: e2undo $'w/un\\x09do' $'it\\x27s \\xe2\\x80\\xae.img'\n");
});
