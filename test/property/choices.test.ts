/** Goal: what comes from outside breaks nothing, and spellings of a plate are one. Method: fast-check on texts, bytes and batches. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { applyBatch, sealBatch, unsealBatch } from '../../edge/policy/choices/opt-out-batch.ts';
import { posterior, rhoFor } from '../../edge/policy/choices/opt-out-bound.ts';
import { emptyList, normalisePlate, OptOutKey, TAGS, TagSet } from '../../edge/policy/choices/opt-out-list.ts';
import { tokenSchema } from '../../edge/policy/choices/tokens.ts';
import { newSigningKey, parseSigningKey, parseTrustKey, seal, unseal } from '../../edge/policy/envelope.ts';
import { parsePolicy } from '../../edge/policy/load.ts';

const pems = newSigningKey();
const signingKey = parseSigningKey(pems.privatePem, 'key');
const trust = parseTrustKey(pems.publicPem, 'key.pub');
const key = new OptOutKey(Buffer.alloc(32, 5));

test('spaces, hyphens, case, width and composition do not tell plates apart', () => {
  const plate = fc.stringMatching(/^[0-9]{2,3}[가-힣][0-9]{4}$/);
  const gaps = fc.array(fc.constantFrom('', ' ', '-', '.', '·', '\t'), { minLength: 10, maxLength: 10 });
  fc.assert(
    fc.property(plate, gaps, (text, between) => {
      const written = [...text].map((letter, i) => `${letter}${between[i] ?? ''}`).join('');
      for (const form of [written, written.normalize('NFD'), written.toLowerCase()]) {
        assert.equal(key.tagOf(form), key.tagOf(text));
      }
    }),
  );
  fc.assert(
    fc.property(
      fc.string({ unit: 'grapheme' }),
      (text) => normalisePlate(normalisePlate(text)) === normalisePlate(text),
    ),
  );
});

test('a batch is what was sealed, and a list only grows', () => {
  const tags = fc.uniqueArray(fc.nat(TAGS - 1), { maxLength: 200 });
  let list = emptyList(key);
  const all = new Set<number>();
  fc.assert(
    fc.property(tags, fc.nat(), (added, madeMs) => {
      const { text, batch } = sealBatch(list, added, madeMs, signingKey);
      const opened = unsealBatch(text, trust, 'batch');
      assert.deepEqual(opened, batch);
      assert.deepEqual(
        [...opened.tags],
        [...added].sort((a, b) => a - b),
      );
      list = applyBatch(list, opened, 'batch');
      for (const tag of added) all.add(tag);
      assert.equal(list.tags.size, all.size);
      for (const tag of added) assert.ok(list.tags.has(tag));
      assert.equal(applyBatch(list, opened, 'batch'), list, 'the same again is nothing');
    }),
    { numRuns: 40 },
  );
  assert.equal(new TagSet(list.tags.bits).size, all.size);
});

test('more decoys never say more of a hit, and rho is what the bound needs', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 2, max: 1e7 }),
      fc.double({ min: 0.01, max: 0.99, noNaN: true }),
      fc.double({ min: 0.01, max: 0.99, noNaN: true }),
      (fleet, part, p) => {
        const members = Math.max(1, Math.floor(fleet * part * 0.9));
        const rho = rhoFor(fleet, members, p);
        assert.ok(Math.abs(posterior(fleet, members, rho) - p) < 1e-9);
        assert.ok(posterior(fleet, members, rho * 1.1) <= posterior(fleet, members, rho));
      },
    ),
  );
});

test('an envelope opens to what was sealed; any other bytes are refused as the input they are', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 300 }), (payload) => {
      assert.deepEqual(new Uint8Array(unseal(seal('t', payload, signingKey), 't', trust, 'x')), payload);
    }),
    { numRuns: 50 },
  );
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
      assert.throws(() => unseal(text, 't', trust, 'x'), { name: 'UserError' });
    }),
  );
});

test('any text is a policy or a refusal with a message, never a fault', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.json(),
        fc.json().map((text) => `sensors: {gate: ${text}}`),
      ),
      (text) => {
        try {
          parsePolicy(text, 'p');
        } catch (error) {
          assert.equal((error as Error).name, 'UserError', String((error as Error).stack));
          assert.match((error as Error).message, /^p:\d+:\d+ /);
        }
      },
    ),
    { numRuns: 500 },
  );
});

test('any object is a token or none', () => {
  fc.assert(fc.property(fc.anything(), (value) => typeof tokenSchema.safeParse(value).success === 'boolean'));
});
