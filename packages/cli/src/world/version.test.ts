import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { VERSION } from './version.ts';

test('the version is the one of package.json', () => {
  expect(VERSION).toMatch(/^\d+\.\d+\.\d+$/);
  expect(readFileSync(join(__dirname, '../../package.json'), 'utf8')).toContain(`"version": "${VERSION}"`);
});
