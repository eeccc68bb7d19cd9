/** `garim version`. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Command } from 'commander';
import { packageRoot } from '../base/paths.ts';

export function versionCommand(): Command {
  return new Command('version').action(() => {
    process.stdout.write(`${softwareVersion()}\n`);
  });
}

export function softwareVersion(): string {
  const text = readFileSync(path.join(packageRoot, 'package.json'), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
