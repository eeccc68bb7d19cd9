/**
 * Goal: what the networks find in real street pictures, so that a fault in tensors or decoding shows. Method: a fixed sample of
 * annotated pictures at long side 640; a box counts when 80 % of it lies in one found box, widened as for covering.
 */
import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { createOnnxDetector } from '../../../../edge/camera/detect/detector.ts';
import type { DetectionLabel } from '../../../../edge/camera/detect/port.ts';
import { openModelStore } from '../../../../edge/camera/detect/store.ts';
import { coverage, samplePictures } from '../../../support/evaluation.ts';
import { silentLog } from '../../../support/models.ts';
import { needs, sharedData, sharedModels } from '../../../support/shared.ts';
import { TempDir } from '../../../support/temp.ts';

interface Expectation {
  model: string;
  label: DetectionLabel;
  pictures: 'faces' | 'plates';
  count: number;
  widen: number;
  shareMin: number;
}

// A picture of plates holds one or two, so more pictures are needed than for faces: 40 would leave 32 plates.
const SHIPPED: Expectation[] = [
  { model: 'garim-street-v2', label: 'face', pictures: 'faces', count: 40, widen: 0.15, shareMin: 0.85 },
  { model: 'garim-street-v2', label: 'plate', pictures: 'plates', count: 130, widen: 0.2, shareMin: 0.85 },
];
const OTHERS: Expectation[] = [
  { model: 'yunet-n', label: 'face', pictures: 'faces', count: 12, widen: 0.15, shareMin: 0.85 },
  { model: 'yunet-s', label: 'face', pictures: 'faces', count: 12, widen: 0.15, shareMin: 0.75 },
  { model: 'lpd-yunet-dyn', label: 'plate', pictures: 'plates', count: 12, widen: 0.2, shareMin: 0.5 },
  { model: 'lpd-yunet', label: 'plate', pictures: 'plates', count: 12, widen: 0.2, shareMin: 0.3 },
];

for (const expectation of [...SHIPPED, ...OTHERS]) {
  const { model, label, pictures, count, widen, shareMin } = expectation;
  const isShipped = SHIPPED.includes(expectation);
  const skip = needs(
    sharedData && (isShipped || sharedModels),
    isShipped ? 'evaluation data' : 'evaluation data and models',
  );
  test(`${model} covers at least ${shareMin * 100} % of ${label}s of 24 px and up`, { skip }, async (t) => {
    using dir = new TempDir();
    const env = isShipped ? {} : { GARIM_MODELS: sharedModels };
    const store = openModelStore({ stateDir: dir.path, env });
    await store.choose([model]);
    const detector = createOnnxDetector({ store, categories: [label], log: silentLog });
    t.after(() => detector.close());
    await detector.warmUp(640, 384);
    assert.deepEqual(detector.state.models, [model]);
    const sample = samplePictures(path.join(sharedData ?? '', 'images', pictures), count, 24);
    const { covered, total } = await coverage(detector, sample, { label, longSidePx: 640, widen });
    t.diagnostic(`${covered} of ${total}`);
    assert.ok(total > 10);
    assert.ok(covered >= shareMin * total, `${covered} of ${total}`);
  });
}
