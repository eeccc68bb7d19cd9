/**
 * Runs the compiled tests of the named folders with node's test runner, by explicit file path (so that Node 20 and 22 behave
 * alike). Usage: node dist/test/support/run.js FOLDER... [-- extra node --test flags]
 */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import path from 'node:path';

const root = path.join(import.meta.dirname, '..');
const cut = process.argv.indexOf('--');
const folders = process.argv.slice(2, cut === -1 ? undefined : cut);
const flags = cut === -1 ? [] : process.argv.slice(cut + 1);

const files = folders.flatMap((folder) =>
  readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.js'))
    .map((name) => path.join(root, folder, name)),
);
if (files.length === 0) {
  console.error(`no tests found in ${folders.join(', ')}`);
  process.exit(1);
}
const result = spawnSync(process.execPath, ['--test', '--enable-source-maps', ...flags, ...files.sort()], {
  stdio: 'inherit',
});
process.exit(result.status ?? 1);
