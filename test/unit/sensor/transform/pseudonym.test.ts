/**
 * Goal: pseudonyms tell contributors of one window apart, can't be compared across windows, and can't be written anywhere.
 * Method: every way that JavaScript offers to print, copy or send an object, looked through for the value; the key's memory through a
 * window made in this process.
 */
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { mock, test } from 'node:test';
import { inspect } from 'node:util';
import { contributorKey, Pseudonym, PseudonymWindow } from '../../../../edge/sensor/transform/pseudonym.ts';

const MAC = '02:00:5e:10:00:01';

test('equal identifiers of a window are one contributor, of two windows they are two', () => {
  using first = new PseudonymWindow();
  using second = new PseudonymWindow();
  const key = contributorKey(first.of(MAC));
  assert.equal(contributorKey(first.of(MAC)), key);
  assert.equal(contributorKey(first.of(Buffer.from(MAC))), key);
  assert.equal(Buffer.from(key, 'latin1').length, 16);
  assert.notEqual(contributorKey(first.of(`${MAC} `)), key);
  assert.notEqual(contributorKey(second.of(MAC)), key);
});

test('a pseudonym and its window show nothing to any way of printing, copying or sending', () => {
  using window = new PseudonymWindow();
  const pseudonym = window.of(MAC);
  const value = contributorKey(pseudonym);
  for (const subject of [pseudonym, window]) {
    assert.throws(() => JSON.stringify(subject), TypeError);
    assert.throws(() => JSON.stringify({ nested: [subject] }), TypeError);
    const shown = [
      String(subject),
      `${subject}`,
      inspect(subject, { showHidden: true, depth: 9, showProxy: true, getters: true }),
      JSON.stringify(structuredClone({ ...subject })),
      JSON.stringify(structuredClone(Object.assign(Object.create(null), subject))),
      Reflect.ownKeys(subject).join(),
    ].join('\n');
    for (const encoding of ['latin1', 'hex', 'base64', 'base64url'] as const)
      assert.ok(!shown.includes(Buffer.from(value, 'latin1').toString(encoding)));
    assert.ok(!shown.includes(MAC));
    assert.deepEqual(Reflect.ownKeys(structuredClone(subject)), []);
  }
});

test('nobody else makes or reads a pseudonym', () => {
  using window = new PseudonymWindow();
  assert.throws(() => new Pseudonym(Symbol('made by a window'), 'x'), TypeError);
  assert.throws(() => Pseudonym.valueOf(Symbol('made by a window'), window.of(MAC)), TypeError);
  assert.throws(() => contributorKey({ toString: () => 'x' } as unknown as Pseudonym), TypeError);
});

test('the key is random, is what keys the HMAC, and is zeroed when the window ends', () => {
  const keys: Buffer[] = [];
  // Caught where it comes to light: in the memory that Node hands out for it.
  const allocate = mock.method(Buffer, 'allocUnsafeSlow', (size: number) => {
    const made = Buffer.from(new ArrayBuffer(size));
    keys.push(made);
    return made;
  });
  const window = new PseudonymWindow();
  allocate.mock.restore();
  const [key] = keys;
  assert.ok(key !== undefined && keys.length === 1 && key.length === 32 && key.some((byte) => byte !== 0));
  const expected = createHmac('sha256', key).update(MAC).digest().subarray(0, 16).toString('latin1');
  assert.equal(contributorKey(window.of(MAC)), expected);
  window[Symbol.dispose]();
  assert.ok(key.every((byte) => byte === 0));
  assert.throws(() => window.of(MAC), /over/);
  window[Symbol.dispose]();
});
