/**
 * Goal: whatever identifiers and releases there are, no word is found by trying identifiers, and no subtraction isolates a few. Method:
 * arbitrary addresses in each form that hashing in practice gives; arbitrary nested windows against a referee that subtracts every subset.
 */
import assert from 'node:assert/strict';
import { createHash, createHmac } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { Vocabulary } from '../../../edge/sensor/guard/tokens.ts';
import { sensorWith } from '../../support/policies.ts';
import { countsOf, exact, guardOf, K, people, release } from '../../support/releases.ts';

const FORMS: Record<string, (text: string) => string> = {
  itself: (text) => text,
  'without separators, in capitals': (text) => text.replaceAll(':', '').toUpperCase(),
  md5: (text) => createHash('md5').update(text).digest('hex'),
  'md5 of the capitals': (text) => createHash('md5').update(text.toUpperCase()).digest('hex'),
  sha1: (text) => createHash('sha1').update(text).digest('hex'),
  'sha256, base64': (text) => createHash('sha256').update(text).digest('base64'),
  'sha256, cut': (text) => createHash('sha256').update(text).digest('hex').slice(0, 12),
  'sha256, cut from the left': (text) => createHash('sha256').update(text).digest('hex').slice(-10),
  'HMAC under a word': (text) => createHmac('sha256', 'salt').update(text).digest('hex'),
  base64: (text) => Buffer.from(text).toString('base64'),
  hex: (text) => Buffer.from(text).toString('hex'),
};

const listing = (word: string) =>
  sensorWith({
    mac: { category: 'mac-address', transform: { kind: 'contributor' } },
    class: { category: 'count', transform: { kind: 'group-value', values: ['car', word] } },
  });

const address = fc
  .array(fc.integer({ min: 0, max: 255 }), { minLength: 6, maxLength: 6 })
  .map((bytes) => bytes.map((byte) => byte.toString(16).padStart(2, '0')).join(':'));

for (const [name, form] of Object.entries(FORMS)) {
  test(`an address that a policy lists is found: ${name}`, () => {
    fc.assert(
      fc.property(address, address, (listed, other) => {
        fc.pre(listed !== other);
        const word = form(listed);
        // Words without digits are not looked for; a hash without any is one in ten million.
        fc.pre(word.length <= 64 && /\d/.test(word));
        const vocabulary = new Vocabulary(listing(word));
        assert.ok(vocabulary.gives('mac', listed));
        assert.ok(!vocabulary.gives('mac', other));
      }),
      { numRuns: 25 },
    );
  });
}

test('whatever is released in whatever order, no window less the windows in it leaves 1 to k - 1', () => {
  const step = fc.record({ isLong: fc.boolean(), at: fc.nat(5), count: fc.integer({ min: K, max: 40 }) });
  let heldBack = 0;
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 12 }), (steps) => {
      const guard = guardOf({ long: exact('ble-scans', { windowMs: 600_000 }), short: exact('ble-scans') });
      const seen = new Set<string>();
      const out: { from: number; until: number; count: number; isLong: boolean }[] = [];
      for (const { isLong, at, count } of steps) {
        const from = isLong ? Math.floor(at / 2) * 10 : at * 5;
        const until = from + (isLong ? 10 : 5);
        if (seen.has(`${from}-${until}`)) continue;
        seen.add(`${from}-${until}`);
        const [kept] = countsOf(guard, release(isLong ? 'long' : 'short', [from, until], [people(count)]));
        assert.ok(Array.isArray(kept), 'nothing is refused');
        if (kept.length === 0) heldBack++;
        else out.push({ from, until, count, isLong });
      }
      for (const long of out.filter(({ isLong }) => isLong)) {
        const inside = out.filter(({ isLong, from, until }) => !isLong && from >= long.from && until <= long.until);
        for (let subset = 1; subset < 2 ** inside.length; subset++) {
          const rest = inside.reduce((left, { count }, i) => ((subset >> i) & 1 ? left - count : left), long.count);
          // Subtracting some only leaves those of the others as well.
          assert.ok(rest <= 0 || rest >= K, JSON.stringify(out));
        }
      }
    }),
    { numRuns: 200 },
  );
  assert.ok(heldBack > 20, `${heldBack} were held back`);
});
