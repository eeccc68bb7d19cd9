/** `garim version`. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Command } from 'commander';
import { packageRoot } from '../base/paths.ts';

export function define(command: Command): void {
  command.action(() => {
    const text = readFileSync(path.join(packageRoot, 'package.json'), 'utf8');
    process.stdout.write(`${(JSON.parse(text) as { version: string }).version}\n`);
  });
}
