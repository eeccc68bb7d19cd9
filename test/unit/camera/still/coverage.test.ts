/**
 * Goal: what the still path covers on real street pictures. Method: a fixed sample of annotated pictures at the defaults, through the code of
 * `garim evaluate`, which measures all of them.
 */
import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { openModelStore } from '../../../../edge/camera/detect/store.ts';
import { readLabelledSets } from '../../../../edge/camera/evaluate/annotations.ts';
import { tallyFrom } from '../../../../edge/camera/evaluate/coverage.ts';
import { openStillLook } from '../../../../edge/camera/evaluate/looks.ts';
import { evaluateSets } from '../../../../edge/camera/evaluate/pictures.ts';
import { silentLog } from '../../../support/models.ts';
import { needs, sharedData } from '../../../support/shared.ts';
import { TempDir } from '../../../support/temp.ts';

// Parts on which the share is near that of the whole set, so that a loss shows.
const SAMPLES = [
  { folder: 'faces', every: 4, from: 0 },
  { folder: 'plates', every: 5, from: 2 },
] as const;
const HEIGHT_PX_MIN = 24;
const SHARE_MIN = 0.93;

for (const { folder, every, from } of SAMPLES) {
  const skip = needs(sharedData, 'evaluation data');
  test(`stills: at least ${SHARE_MIN * 100} % of ${folder} of ${HEIGHT_PX_MIN} px and up are covered`, {
    skip,
  }, async (t) => {
    using dir = new TempDir();
    const store = openModelStore({ stateDir: dir.path, env: {} });
    await using look = await openStillLook({ store, log: silentLog, lowestOffset: 0 });
    const [set] = await readLabelledSets(path.join(sharedData ?? '', 'images', folder));
    const pictures = set!.pictures.filter((_, i) => i % every === from);
    const [evaluation] = await evaluateSets([{ ...set!, pictures }], {
      look,
      every: 1,
      withCurve: false,
      onPicture() {},
    });
    const { covered, total } = tallyFrom(evaluation!.score.total.bands, HEIGHT_PX_MIN);
    t.diagnostic(`${covered} of ${total}`);
    assert.ok(total > 40 && covered >= SHARE_MIN * total, `${covered} of ${total}`);
  });
}
