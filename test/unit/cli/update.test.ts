/**
 * Goal: only what the city signed is installed, never an older release, and a box that is worse afterwards has the release before. Method: real keys and
 * files; the machine is a simulation with a clock of its own.
 */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { applyRelease, type Machine, RETURN_SCRIPT } from '../../../edge/cli/update/apply.ts';
import { openRelease, readPackages, sealRelease } from '../../../edge/cli/update/release.ts';
import { newSigningKey, parseSigningKey, parseTrustKey } from '../../../edge/policy/envelope.ts';
import { TempDir } from '../../support/temp.ts';

const pair = newSigningKey();
const key = parseSigningKey(pair.privatePem, 'key');
const trust = parseTrustKey(pair.publicPem, 'key.pub');

/** A box whose health follows from what is installed last. */
function box(dir: string, healthOf: (content: string, nowMs: number) => number) {
  const store = path.join(dir, 'store');
  const installed: string[] = [];
  let nowMs = 0;
  let sinceMs = 0;
  const machine: Machine = {
    async install(files) {
      assert.equal(files.length, 1);
      const content = readFileSync(files[0]!, 'utf8');
      if (content === 'unpackable') throw new Error('dpkg says no');
      if (installed.length > 0 && content !== installed[0])
        assert.ok(existsSync(path.join(store, RETURN_SCRIPT)), 'the way back is there before anything is touched');
      installed.push(content);
      sinceMs = nowMs;
    },
    health: async () => healthOf(installed.at(-1) ?? '', nowMs - sinceMs),
    async sleep(ms) {
      nowMs += ms;
    },
    nowMs: () => nowMs,
  };
  const said: string[] = [];
  const apply = async (sequence: number, content: string): Promise<void> => {
    const file = path.join(dir, 'garim_1.deb');
    writeFileSync(file, content);
    const release = openRelease(await sealRelease([file], sequence, key), trust, 'r.json');
    const packages = await readPackages(release, dir);
    await applyRelease({ release, packages, store, machine, say: (line) => said.push(line) });
  };
  const inForce = (): string => readFileSync(path.join(store, 'sequence'), 'utf8').trim();
  return { store, installed, apply, said, inForce };
}

const healthy = (content: string, sinceMs: number): number => {
  if (content === 'dead') return 0;
  if (content === 'blind') return 1;
  if (content === 'falls-over') return sinceMs < 20_000 ? 2 : 0;
  if (content === 'slow') return sinceMs < 90_000 ? 0 : 2;
  return 2;
};

test('a good release is kept, and the one before it is the way back', async () => {
  using dir = new TempDir();
  const { apply, installed, inForce, store } = box(dir.path, healthy);
  await apply(1, 'one');
  await apply(2, 'two');
  await apply(3, 'slow');
  assert.deepEqual(installed, ['one', 'two', 'slow']);
  assert.equal(inForce(), '3');
  assert.deepEqual(readdirSync(store).sort(), ['release-3', 'sequence'], 'nothing else is left');
});

test('a release that makes the box worse is returned from, in whatever way', async () => {
  for (const content of ['dead', 'blind', 'falls-over', 'unpackable']) {
    using dir = new TempDir();
    const { apply, installed, inForce, store } = box(dir.path, healthy);
    await apply(1, 'one');
    await assert.rejects(apply(2, content), /release 2 was not kept/, content);
    assert.equal(installed.at(-1), 'one', content);
    assert.equal(inForce(), '1', content);
    assert.deepEqual(readdirSync(store).sort(), ['release-1', 'sequence'], content);
    await apply(3, 'three');
    assert.equal(inForce(), '3');
  }
});

test('a box whose cameras were not all live before is not asked for more afterwards', async () => {
  using dir = new TempDir();
  const { apply, inForce } = box(dir.path, () => 1);
  await apply(1, 'one');
  await apply(2, 'two');
  assert.equal(inForce(), '2');
});

test('an older release, a repeated one, another key, another package', async () => {
  using dir = new TempDir();
  const { apply, installed, said } = box(dir.path, healthy);
  await apply(5, 'five');
  await assert.rejects(apply(4, 'four'), /older/);
  await apply(5, 'five');
  assert.deepEqual(installed, ['five']);
  assert.match(said.at(-1)!, /in force already/);

  const file = path.join(dir.path, 'garim_1.deb');
  const text = await sealRelease([file], 6, parseSigningKey(newSigningKey().privatePem, 'key'));
  assert.throws(() => openRelease(text, trust, 'r.json'), /not of the trusted key/);
  const release = openRelease(await sealRelease([file], 6, key), trust, 'r.json');
  writeFileSync(file, 'fivE');
  await assert.rejects(readPackages(release, dir.path), /not the package that was signed/);
});
