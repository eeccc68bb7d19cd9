/**
 * Goal: a code proves a window and nothing more, and can't be told before its time. Method: codes of a box over windows, restarts and clocks that
 * are set; hashes made apart from the product.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { UserError } from '../../../edge/base/errors.ts';
import { canonicalCode, PresenceCodes } from '../../../edge/ledger/presence.ts';
import { manualClock } from '../../support/manual-clock.ts';
import { TempDir } from '../../support/temp.ts';

const START_MS = Date.UTC(2026, 10, 23, 5, 7);
const MINUTE_MS = 60_000;

async function box(dir: TempDir, startMs = START_MS, windowMinutes = 15) {
  const clock = manualClock(startMs);
  return { clock, codes: await PresenceCodes.open({ stateDir: dir.path, clock, windowMinutes }) };
}

test('a code changes with each window, is found by how people write it, and its hash can be made with other tools', async () => {
  using dir = new TempDir();
  const { clock, codes } = await box(dir);
  const { code, window, endsMs } = codes.current();
  assert.match(code, /^[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){3}$/);
  assert.deepEqual(window, ['2026-11-23T05:00Z', 'PT15M']);
  assert.equal(endsMs, Date.UTC(2026, 10, 23, 5, 15));
  for (const written of [code, code.toLowerCase(), code.replaceAll('-', ''), ` ${code.replaceAll('-', ' ')} `])
    assert.deepEqual(codes.find(written), window, written);
  const hash = createHash('sha256').update(code.replaceAll('-', '')).digest('hex');
  assert.equal(codes.hashOf(window), `sha256:${hash}`);
  clock.advance(7 * MINUTE_MS);
  assert.equal(codes.current().code, code);
  clock.advance(MINUTE_MS);
  assert.notEqual(codes.current().code, code);
  assert.deepEqual(codes.find(code), window, 'a past one is still known');
});

test('letters that look like digits are taken for them', () => {
  assert.equal(canonicalCode('oOiIlL-0123-4567-89'), '0011110123456789');
  assert.equal(canonicalCode('ABCD'), undefined);
  assert.equal(canonicalCode('UUUU-UUUU-UUUU-UUUU'), undefined, 'U is not in the alphabet');
});

test('a code is not known before its window, nor after a month, nor to another box', async () => {
  using dir = new TempDir();
  using other = new TempDir();
  const { clock, codes } = await box(dir);
  clock.advance(2 * 15 * MINUTE_MS);
  const { code } = codes.current();
  const early = await box(dir);
  assert.equal(early.codes.find(code), undefined, 'its time has not come');
  assert.equal((await box(other, clock.wallMs())).codes.find(code), undefined);
  clock.advance(30 * 86_400_000);
  assert.notEqual(codes.find(code), undefined);
  clock.advance(2 * 86_400_000);
  assert.equal(codes.find(code), undefined);
});

test('a clock that is set back takes back the codes that lie ahead of it', async () => {
  using dir = new TempDir();
  const { clock, codes } = await box(dir);
  const first = codes.current();
  clock.advance(60 * MINUTE_MS);
  const { code } = codes.current();
  assert.notEqual(codes.find(code), undefined);
  clock.advance(-50 * MINUTE_MS);
  assert.equal(codes.find(code), undefined);
  assert.deepEqual(codes.find(first.code), first.window);
});

test('the key survives a restart, is for its owner only, and is not made anew when it is damaged', async () => {
  using dir = new TempDir();
  const { codes } = await box(dir);
  const { code } = codes.current();
  assert.equal((await box(dir)).codes.current().code, code);
  const file = path.join(dir.path, 'presence.key');
  assert.equal(statSync(file).mode & 0o777, 0o600);
  writeFileSync(file, readFileSync(file, 'utf8').slice(1));
  await assert.rejects(box(dir), (error: unknown) => error instanceof UserError && /damaged/.test(error.message));
});
