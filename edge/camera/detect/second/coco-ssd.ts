/**
 * coco-ssd on the WASM backend of tfjs, from bytes in memory to boxes. Nothing here touches the network: the weights come through an
 * IOHandler, and the backend reads its .wasm binary from its own package folder.
 */
import '@tensorflow/tfjs-backend-wasm';
import { io, ready, setBackend, tensor3d } from '@tensorflow/tfjs-core';
import { load } from '@tensorflow-models/coco-ssd';
import type { Detection, DetectionLabel, DetectorPicture, VehicleKind } from '../port.ts';
import type { CocoSsdWeights } from './weights.ts';

/** Boxes asked for: coco-ssd's own 20 are too few for a crowd. */
const BOXES_MAX = 100;
/** Least score; coco-ssd takes the same number as the IoU of its suppression. */
const SCORE_MIN = 0.4;

const LABELS: Readonly<Record<string, { label: DetectionLabel; kind?: VehicleKind }>> = {
  person: { label: 'person' },
  bicycle: { label: 'vehicle', kind: 'bicycle' },
  car: { label: 'vehicle', kind: 'car' },
  motorcycle: { label: 'vehicle', kind: 'motorcycle' },
  bus: { label: 'vehicle', kind: 'bus' },
  truck: { label: 'vehicle', kind: 'truck' },
};

export interface CocoSsd {
  /** Boxes in pixels of the picture, clipped to its content. */
  run(picture: DetectorPicture): Promise<Detection[]>;
}

/** Builds the network and runs it once. Rejects when tfjs can't use the weights. */
export async function loadCocoSsd(weights: Pick<CocoSsdWeights, 'model' | 'data'>): Promise<CocoSsd> {
  if (!(await setBackend('wasm'))) throw new Error("tfjs's WASM backend does not start");
  await ready();
  const { model, data } = weights;
  const handler: io.IOHandler = {
    load: () =>
      io.getModelArtifactsForJSON(model as io.ModelJSON, async (manifest) => [
        manifest.flatMap((group) => group.weights),
        data.buffer,
      ]),
  };
  // tfjs takes a handler wherever it takes a URL, and coco-ssd passes it on; only its declaration names strings alone.
  const network = await load({ modelUrl: handler as unknown as string });
  return {
    async run(picture) {
      const image = tensor3d(contentOf(picture), [picture.contentHeightPx, picture.contentWidthPx, 3], 'int32');
      try {
        const found: Detection[] = [];
        for (const { bbox, class: name, score } of await network.detect(image, BOXES_MAX, SCORE_MIN)) {
          const known = LABELS[name];
          const box = clip(bbox, picture);
          if (known !== undefined && box !== undefined) found.push({ ...box, ...known, score });
        }
        return found;
      } finally {
        image.dispose();
      }
    },
  };
}

/** Without the padding: the network stretches whatever it gets to its own square. */
function contentOf({ rgb, widthPx, contentWidthPx, contentHeightPx }: DetectorPicture): Int32Array {
  const out = new Int32Array(contentWidthPx * contentHeightPx * 3);
  for (let y = 0; y < contentHeightPx; y++) {
    const from = y * widthPx * 3;
    out.set(rgb.subarray(from, from + contentWidthPx * 3), y * contentWidthPx * 3);
  }
  return out;
}

function clip(
  [x, y, w, h]: readonly [number, number, number, number],
  { contentWidthPx, contentHeightPx }: DetectorPicture,
) {
  if (!Number.isFinite(x + y + w + h)) throw new Error('the network answered with numbers that are not finite');
  const left = Math.max(0, x);
  const top = Math.max(0, y);
  const width = Math.min(contentWidthPx, x + w) - left;
  const height = Math.min(contentHeightPx, y + h) - top;
  return width > 0 && height > 0 ? { x: left, y: top, w: width, h: height } : undefined;
}
