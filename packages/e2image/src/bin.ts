#!/usr/bin/env node
import { realWorld } from '@e2image/cli';
import { main } from './main.ts';

main(process.argv.slice(2), realWorld()).then((status) => {
  process.exitCode = status;
});
