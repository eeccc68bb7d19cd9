/**
 * Goal: who begins to show the common marker is covered from head to foot within a second on the feed of a running box, and from then on.
 * Method: `garim run` with its defaults on a clip whose frames carry their numbers; a player judges each frame that it gets.
 */
import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { startGarim, until } from '../support/garim.ts';
import { MARKER_CLIP, watchMarkerClip, writeMarkerClip } from '../support/marker-clip.ts';
import { TempDir } from '../support/temp.ts';

const { frameRate, frames, shownFrom } = MARKER_CLIP;
/** A turn of the clip, and what one may miss of the first. */
const WATCH_S = (2 * frames) / frameRate + 2;
/** Less than this of the body is what coding leaves of its outline. */
const SHOWN_SHARE_MAX = 0.05;

test('from the first frame with the marker to the covered body', { timeout: 400_000 }, async (context) => {
  using temp = new TempDir();
  const clip = path.join(temp.path, 'walk.mp4');
  await writeMarkerClip(clip);
  await using garim = await startGarim({ cameras: { walk: `file:${clip}?loop=1` } });
  await until('it is live', async () => (await garim.camera('walk')).health?.state === 'live');
  const shown = (await watchMarkerClip(garim.feed('walk'), WATCH_S)).filter(({ index }) => index !== undefined);
  const before = shown.filter(({ index }) => index! > shownFrom - 20 && index! < shownFrom - 10);
  assert.ok(before.length > 5 && before.every(({ shownShare }) => shownShare > 0.9), 'the body is seen before');
  const after = shown.filter(({ index }) => index! >= shownFrom);
  assert.ok(after.length > (frames - shownFrom) / 2, `${after.length} frames with the marker`);
  const late = after.filter(({ shownShare }) => shownShare > SHOWN_SHARE_MAX).map(({ index }) => index! - shownFrom);
  const lastMs = ((Math.max(-1, ...late) + 1) * 1000) / frameRate;
  const early = shown.filter(({ index, shownShare }) => index! < shownFrom && shownShare <= SHOWN_SHARE_MAX);
  const firstFrame = Math.min(shownFrom, ...early.filter(({ index }) => index! > shownFrom - 50).map((s) => s.index!));
  context.diagnostic(
    `covered ${(((shownFrom - firstFrame) * 1000) / frameRate).toFixed(0)} ms before the marker at the earliest; uncovered up to ${lastMs.toFixed(0)} ms after its first frame, ${late.length} of ${after.length} frames`,
  );
  assert.ok(lastMs <= 1_000, `uncovered ${lastMs} ms after the marker was first shown`);
});
