/**
 * Goal: whatever a sensor, or somebody in its place, sends: no adapter throws, no field leaves that its table does not name, and no refusal
 * holds a value. Method: mutations of the kept corpus, of its structure and of its bytes, and random bytes.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { adapterNamed, adapterNames } from '../../../edge/sensor/adapters/index.ts';
import type { Adapter, FieldValue } from '../../../edge/sensor/reading.ts';
import { bytesOf, corpusOf } from '../../support/sensor-corpus.ts';

const RECEIVED_MS = Date.UTC(2026, 2, 2, 12);
/** Stands in every value and key that a mutation brings in. */
const PLANTED = 'PLANTED';
const DETAIL = /^[\w.@:, -]{1,120}$/;

const corpus = [...adapterNames(), 'hostile'].flatMap(corpusOf);
const documents = corpus.flatMap((line): unknown[] => {
  try {
    return [JSON.parse(line)];
  } catch {
    return [];
  }
});

function isOfType(value: FieldValue, type: string): boolean {
  if (type !== 'position') return typeof value === type;
  const { lat, lon, ...rest } = value as { lat: number; lon: number };
  return Object.keys(rest).length === 0 && Math.abs(lat) <= 90 && Math.abs(lon) <= 180;
}

function check(adapter: Adapter, message: Uint8Array): void {
  const result = adapter.parse(message, RECEIVED_MS);
  if ('refused' in result) {
    assert.match(result.detail, DETAIL);
    assert.ok(!result.detail.includes(PLANTED), result.detail);
    return;
  }
  assert.ok(Object.values(result.dropped).every((count) => Number.isInteger(count) && count > 0));
  assert.ok(Object.keys(result.dropped).every((reason) => /^[a-z0-9-]+$/.test(reason) && !reason.includes(PLANTED)));
  for (const { atMs, fields, ...rest } of result.readings) {
    assert.ok(Number.isFinite(atMs) && atMs > 0 && atMs <= RECEIVED_MS + 86_400_000);
    assert.ok(Object.keys(rest).every((key) => key === 'isRefusal'));
    assert.ok(Object.keys(fields).length > 0);
    for (const [name, value] of Object.entries(fields)) {
      const spec = Object.hasOwn(adapter.fields, name) ? adapter.fields[name] : undefined;
      assert.ok(spec !== undefined, `${adapter.name} gave ${name}`);
      assert.ok(isOfType(value, spec.type), `${adapter.name}.${name} is no ${spec.type}`);
      if (typeof value === 'string') assert.ok(value.length > 0 && value.length <= 160);
      if (typeof value === 'number') assert.ok(Number.isFinite(value));
    }
  }
}

const planted = fc.oneof(
  fc.constantFrom<unknown>(null, true, -1, 1e308, 2 ** 53, '', '0', 'NaN', [], {}, `${PLANTED}\u0000`, '\ud800'),
  fc.constantFrom<unknown>(`${PLANTED}_nomap`, 'aa:bb:cc:dd:ee:ff', { value: PLANTED }, { '@value': PLANTED }, [
    PLANTED,
  ]),
  fc.string({ maxLength: 300 }).map((text) => `${PLANTED}${text}`),
  fc.jsonValue({ maxDepth: 4 }),
  fc.double(),
  fc.integer({ min: 1, max: 300 }).map((depth) => JSON.parse('['.repeat(depth) + ']'.repeat(depth))),
);
const key = fc.oneof(
  fc.constantFrom('__proto__', 'constructor', 'toString', 'hasOwnProperty', 'type', 'id', 'value', 'data', 'results'),
  fc.constantFrom('time', 'mac', 'plate', 'lat', 'lon', 'occupied', 'temperature', 'in', 'object', 'location'),
  fc.string({ maxLength: 20 }).map((text) => `${PLANTED}${text}`),
);

type Holder = Record<string, unknown>;

/** All objects and arrays of a document. */
function holdersOf(value: unknown): Holder[] {
  if (typeof value !== 'object' || value === null) return [];
  return [value as Holder, ...Object.values(value).flatMap(holdersOf)];
}

/** A document with a few places overwritten, removed or added. `JSON.parse` so that `__proto__` becomes a key of its own. */
const mutated = fc
  .tuple(
    fc.constantFrom(...documents),
    fc.array(fc.tuple(fc.nat(), fc.nat(), fc.constantFrom('set', 'add', 'drop'), key, planted), { maxLength: 4 }),
  )
  .map(([document, edits]) => {
    const copy: unknown = structuredClone(document);
    for (const [where, which, how, name, value] of edits) {
      const holders = holdersOf(copy);
      const holder = holders[where % Math.max(1, holders.length)];
      if (holder === undefined) continue;
      const keys = Object.keys(holder);
      const old = keys[which % Math.max(1, keys.length)];
      if (how === 'drop' && old !== undefined) delete holder[old];
      else {
        const target = how === 'set' && old !== undefined ? old : name;
        Object.defineProperty(holder, target === 'length' ? 'size' : target, {
          value: structuredClone(value),
          enumerable: true,
          configurable: true,
          writable: true,
        });
      }
    }
    return JSON.stringify(copy);
  });

test('mutated documents', () => {
  fc.assert(
    fc.property(mutated, (text) => {
      for (const name of adapterNames()) check(adapterNamed(name), bytesOf(text));
    }),
    { numRuns: 1500 },
  );
  assert.equal(({} as Record<string, unknown>)['polluted'], undefined);
});

test('mutated bytes, and bytes of no meaning', () => {
  const cut = fc
    .tuple(fc.constantFrom(...corpus), fc.nat(), fc.uint8Array({ maxLength: 6 }), fc.boolean())
    .map(([line, at, patch, isTruncated]) => {
      const bytes = Buffer.from(line);
      bytes.set(patch.subarray(0, Math.max(0, bytes.length - (at % bytes.length))), at % bytes.length);
      return isTruncated ? bytes.subarray(0, at % bytes.length) : bytes;
    });
  fc.assert(
    fc.property(fc.oneof(cut, fc.uint8Array({ maxLength: 200 })), (bytes) => {
      for (const name of adapterNames()) check(adapterNamed(name), bytes);
    }),
    { numRuns: 1500 },
  );
});

test('unknown keys come through nowhere, wherever they stand', () => {
  fc.assert(
    fc.property(fc.constantFrom(...documents), fc.nat(), fc.string({ maxLength: 8 }), (document, where, suffix) => {
      const copy: unknown = structuredClone(document);
      const objects = holdersOf(copy).filter((holder) => !Array.isArray(holder));
      const holder = objects[where % Math.max(1, objects.length)];
      if (holder === undefined) return;
      holder[`x-${suffix}`] = { name: PLANTED, list: [PLANTED] };
      for (const name of adapterNames()) {
        const result = adapterNamed(name).parse(bytesOf(copy), RECEIVED_MS);
        assert.ok(!JSON.stringify(result).includes(PLANTED), name);
      }
    }),
    { numRuns: 1000 },
  );
});
