import assert from 'node:assert/strict';
import test from 'node:test';
import { createSurface, type Surface } from '../../../edge/camera/draw/surface.ts';
import type { SlateReason } from '../../../edge/camera/messages.ts';
import { drawSlate, type SlateText } from '../../../edge/camera/slate.ts';

const REASONS: SlateReason[] = [
  'source-connecting',
  'source-lost',
  'source-unauthorised',
  'source-undecodable',
  'camera-process-lost',
];
const noon = Date.UTC(2026, 5, 1, 12, 0, 0);

function slate(more: Partial<SlateText> = {}, widthPx = 640, heightPx = 360): Surface {
  const surface = createSurface(widthPx, heightPx);
  surface.rgb.fill(255); // whatever was there before must be gone
  drawSlate(surface, { cameraName: 'gate', reason: 'source-lost', wallMs: noon, sinceMs: noon - 5_000, ...more });
  return surface;
}

const differs = (a: Surface, b: Surface): boolean => Buffer.compare(a.rgb, b.rgb) !== 0;
const meanOf = ({ rgb }: Surface): number => rgb.reduce((sum, value) => sum + value, 0) / rgb.length;
const brightShare = ({ rgb }: Surface): number => rgb.filter((value) => value > 120).length / rgb.length;

test('is dark, calm and has text on it, at any size', () => {
  for (const [widthPx, heightPx] of [
    [1920, 1080],
    [640, 360],
    [160, 120],
    [360, 640],
    [16, 16],
  ] as const) {
    const surface = slate({}, widthPx, heightPx);
    assert.ok(meanOf(surface) < 60, `${widthPx}x${heightPx} is not dark`);
    if (widthPx > 100) assert.ok(brightShare(surface) > 0.002, `${widthPx}x${heightPx} has no text`);
  }
});

test('the same moment gives the same picture; each reason and each camera another', () => {
  assert.ok(!differs(slate(), slate()));
  const pictures = REASONS.map((reason) => slate({ reason }));
  for (const [index, picture] of pictures.entries()) {
    for (const other of pictures.slice(index + 1)) assert.ok(differs(picture, other));
  }
  assert.ok(differs(slate(), slate({ cameraName: 'yard' })));
});

test('never looks frozen: two pictures a fifth of a second apart differ, at any time', () => {
  for (let ms = 0; ms < 8_000; ms += 100) {
    const [a, b] = [slate({ wallMs: noon + ms }), slate({ wallMs: noon + ms + 200 })];
    // Only at its turning points the bar may stand still for a moment, within one second of the clock.
    if (!differs(a, b)) assert.ok(differs(a, slate({ wallMs: noon + ms + 400 })), `frozen at ${ms} ms`);
  }
});

test('a wall clock that jumped back, and a name that is too long, do no harm', () => {
  assert.ok(meanOf(slate({ wallMs: noon, sinceMs: noon + 1e9 })) < 60);
  assert.ok(meanOf(slate({ wallMs: -5_000 })) < 60);
  assert.ok(meanOf(slate({ cameraName: 'n'.repeat(63) })) < 60);
});
