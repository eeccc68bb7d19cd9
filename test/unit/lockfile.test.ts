/** Goal: `npm ci` runs no install script (two packages would fetch binaries) and asks whatever registry the user has set. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { packageRoot } from '../../edge/base/paths.ts';

const readJson = (name: string): unknown => JSON.parse(readFileSync(path.join(packageRoot, name), 'utf8'));

test('the lockfile names no install script and no registry', () => {
  const { packages } = readJson('package-lock.json') as { packages: Record<string, Record<string, unknown>> };
  assert.ok(Object.keys(packages).length > 50);
  for (const [name, entry] of Object.entries(packages)) {
    assert.equal(entry['hasInstallScript'], undefined, `${name} has hasInstallScript`);
    assert.equal(entry['resolved'], undefined, `${name} has resolved`);
    if (name !== '' && entry['link'] !== true)
      assert.match(String(entry['integrity']), /^sha512-/, `${name} has no digest`);
  }
});

test('the lockfile has an entry for every platform of a package', () => {
  // A registry that lacks one leaves it out at locking, and npm 11 then refuses `npm ci` on every machine.
  const { packages } = readJson('package-lock.json') as { packages: Record<string, Record<string, unknown>> };
  const locked = new Set(Object.keys(packages).map((place) => place.slice(place.lastIndexOf('node_modules/') + 13)));
  for (const [name, entry] of Object.entries(packages))
    for (const platform of Object.keys(entry['optionalDependencies'] ?? {}))
      assert.ok(locked.has(platform), `${name} wants ${platform}, which is not locked`);
});

test('packages with an install script are refused it by name', () => {
  const { allowScripts } = readJson('package.json') as { allowScripts: Record<string, boolean> };
  assert.equal(allowScripts['node-av'], false);
  assert.equal(allowScripts['onnxruntime-node'], false);
});
