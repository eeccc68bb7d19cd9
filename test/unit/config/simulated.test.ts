/**
 * Goal: a URL of the simulated source means what it says, and a wrong one is refused with its fault named.
 * Method: examples of both kinds.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UserError } from '../../../edge/base/errors.ts';
import { parseSimulated } from '../../../edge/config/simulated.ts';

test('reads seed, weather, size and length', () => {
  assert.deepEqual(parseSimulated('simulated').street, {
    seed: 1,
    widthPx: 1280,
    heightPx: 720,
    frameRate: 25,
    night: false,
    rain: false,
    markers: false,
  });
  assert.equal(parseSimulated('simulated:?night=1').street.seed, 1);
  const { street, seconds } = parseSimulated(
    'simulated:42?night=1&rain=0&markers=1&width=640&height=360&fps=12.5&seconds=3',
  );
  const size = { widthPx: 640, heightPx: 360, frameRate: 12.5 };
  assert.deepEqual(street, { seed: 42, ...size, night: true, rain: false, markers: true });
  assert.equal(seconds, 3);
});

for (const [url, fault] of [
  ['simulated:abc', /simulated:abc/],
  ['simulated?snow=1', /'snow'/],
  ['simulated?night=yes', /'night'/],
  ['simulated?width=641', /'width'/],
  ['simulated?height=90000', /'height'/],
  ['simulated?fps=', /'fps'/],
  ['simulated?seconds=-1', /'seconds'/],
] as const) {
  test(`refuses ${url}`, () => {
    assert.throws(
      () => parseSimulated(url),
      (error) => error instanceof UserError && fault.test(error.message) && error.fix !== undefined,
    );
  });
}
