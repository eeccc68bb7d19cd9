/** Goal: every model of the manifest loads in the worker and agrees with our own network about a street. Needs the public weights. */
import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { packageRoot } from '../../../../edge/base/paths.ts';
import { createOnnxDetector } from '../../../../edge/camera/detect/detector.ts';
import { letterboxSize } from '../../../../edge/camera/detect/letterbox.ts';
import { loadManifest } from '../../../../edge/camera/detect/manifest.ts';
import type { DetectionLabel, Verdict } from '../../../../edge/camera/detect/port.ts';
import { openModelStore } from '../../../../edge/camera/detect/store.ts';
import { pictureOf, samplePictures } from '../../../support/evaluation.ts';
import { silentLog, syntheticPicture } from '../../../support/models.ts';
import { needs, sharedData, sharedModels } from '../../../support/shared.ts';
import { TempDir } from '../../../support/temp.ts';

const entries = loadManifest(path.join(packageRoot, 'models', 'manifest.json'));

function detectorFor(dir: TempDir, name: string, labels: readonly DetectionLabel[]) {
  const store = openModelStore({ stateDir: dir.path, env: { GARIM_MODELS: sharedModels } });
  return store.choose([name]).then(() => createOnnxDetector({ store, categories: labels, log: silentLog }));
}

for (const { name, labels, sha256 } of entries) {
  test(`${name} loads and answers at two sizes`, { skip: needs(sharedModels, 'the public weights') }, async (t) => {
    using dir = new TempDir();
    const detector = await detectorFor(dir, name, labels);
    t.after(() => detector.close());
    const first = await detector.warmUp(640, 384);
    assert.equal(first.kind, 'detected', JSON.stringify(first));
    assert.deepEqual(detector.state.digests, [sha256]);
    const second = await detector.detect(syntheticPicture(), 30_000);
    assert.equal(second.kind, 'detected', JSON.stringify(second));
  });
}

const strong = (verdict: Verdict, label: DetectionLabel) =>
  verdict.kind === 'detected' ? verdict.detections.filter((d) => d.label === label && d.score > 0.6) : [];

for (const name of ['picodet-s', 'yolox-nano']) {
  const skip = needs(sharedModels && sharedData, 'evaluation data and models');
  test(`${name} and its size-independent variant see the same vehicles`, { skip }, async (t) => {
    using dir = new TempDir();
    const found: number[] = [];
    for (const variant of [name, `${name}-dyn`]) {
      const detector = await detectorFor(dir, variant, ['vehicle']);
      t.after(() => detector.close());
      await detector.warmUp(416, 416);
      let vehicles = 0;
      for (const picture of samplePictures(path.join(sharedData ?? '', 'images', 'plates'), 8, 24)) {
        const letterbox = letterboxSize(picture.widthPx, picture.heightPx, 416);
        vehicles += strong(await detector.detect(await pictureOf(picture.file, letterbox), 30_000), 'vehicle').length;
      }
      found.push(vehicles);
    }
    const [fixed = 0, free = 0] = found;
    t.diagnostic(`${fixed} and ${free} vehicles in 8 pictures`);
    assert.ok(fixed >= 5 && Math.abs(fixed - free) <= Math.max(2, fixed * 0.25), `${fixed} and ${free}`);
  });
}
