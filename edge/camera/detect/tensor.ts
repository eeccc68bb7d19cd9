/**
 * From the detector's picture to the tensor of one network: scaled down where the network wants it smaller, padded to its multiples,
 * in its layout, type and colour order. Buffers are kept between calls, since sizes seldom change.
 */
import { clipBox } from './letterbox.ts';
import type { ModelEntry, ModelInput } from './manifest.ts';
import type { Detection, DetectorPicture } from './port.ts';

/** How a picture lies in a network's tensor. */
export interface TensorPlan {
  widthPx: number;
  heightPx: number;
  contentWidthPx: number;
  contentHeightPx: number;
}

type Size = Omit<DetectorPicture, 'rgb'>;

/** Values of `(byte - mean) / std` per channel in the order r, g, b, and what fills the rest of the tensor. */
interface Normalisation {
  mean: readonly [number, number, number];
  std: readonly [number, number, number];
  pad: number;
}

const PLAIN: Normalisation = { mean: [0, 0, 0], std: [1, 1, 1], pad: 0 };
const NORMALISATION: Readonly<Record<ModelEntry['decoder'], Normalisation>> = {
  'garim-street': PLAIN,
  yunet: PLAIN,
  'lpd-yunet': PLAIN,
  picodet: { mean: [123.675, 116.28, 103.53], std: [58.395, 57.12, 57.375], pad: 0 },
  yolox: { ...PLAIN, pad: 114 },
};

/** Size of the tensor, and of the picture in it. */
export function planTensor(picture: Size, input: ModelInput): TensorPlan {
  const { contentWidthPx, contentHeightPx } = picture;
  const widthMax = input.fixedWidthPx ?? input.maxLongSidePx;
  const heightMax = input.fixedHeightPx ?? input.maxLongSidePx;
  const scale = Math.min(1, widthMax / contentWidthPx, heightMax / contentHeightPx);
  const width = Math.max(1, Math.round(contentWidthPx * scale));
  const height = Math.max(1, Math.round(contentHeightPx * scale));
  const up = (px: number) => Math.ceil(px / input.multipleOf) * input.multipleOf;
  return {
    // A picture that needs no scaling keeps its own padding, so that it can be used as it is.
    widthPx: input.fixedWidthPx ?? up(scale === 1 ? picture.widthPx : width),
    heightPx: input.fixedHeightPx ?? up(scale === 1 ? picture.heightPx : height),
    contentWidthPx: width,
    contentHeightPx: height,
  };
}

export class TensorMaker {
  readonly #input: ModelInput;
  readonly #normalisation: Normalisation;
  #floats = new Float32Array(0);
  #bytes = new Uint8Array(0);
  #scaled = new Uint8Array(0);

  constructor(entry: Pick<ModelEntry, 'input' | 'decoder'>) {
    this.#input = entry.input;
    this.#normalisation = NORMALISATION[entry.decoder];
  }

  /** The result is valid until the next call; for a uint8 network that takes the picture as it is, it is the picture's own memory. */
  make(picture: DetectorPicture): { plan: TensorPlan; data: Float32Array | Uint8Array; dims: number[] } {
    const plan = planTensor(picture, this.#input);
    let { rgb, widthPx: rowPx } = picture;
    if (plan.contentWidthPx !== picture.contentWidthPx || plan.contentHeightPx !== picture.contentHeightPx) {
      const length = plan.contentWidthPx * plan.contentHeightPx * 3;
      if (this.#scaled.length !== length) this.#scaled = new Uint8Array(length);
      scaleBilinear(picture, plan, this.#scaled);
      rgb = this.#scaled;
      rowPx = plan.contentWidthPx;
    }
    if (this.#input.layout === 'nhwc') {
      return { plan, data: this.#interleaved(rgb, rowPx, plan, picture), dims: [1, plan.heightPx, plan.widthPx, 3] };
    }
    const length = plan.widthPx * plan.heightPx * 3;
    if (this.#floats.length !== length) this.#floats = new Float32Array(length);
    toPlanes(rgb, rowPx, plan, this.#input.colour, this.#normalisation, this.#floats);
    return { plan, data: this.#floats, dims: [1, 3, plan.heightPx, plan.widthPx] };
  }

  #interleaved(rgb: Uint8Array, rowPx: number, plan: TensorPlan, picture: DetectorPicture): Uint8Array {
    if (rgb === picture.rgb && rowPx === plan.widthPx && picture.heightPx === plan.heightPx) return rgb;
    const length = plan.widthPx * plan.heightPx * 3;
    if (this.#bytes.length !== length) this.#bytes = new Uint8Array(length);
    else this.#bytes.fill(0);
    for (let y = 0; y < plan.contentHeightPx; y++) {
      const from = y * rowPx * 3;
      this.#bytes.set(rgb.subarray(from, from + plan.contentWidthPx * 3), y * plan.widthPx * 3);
    }
    return this.#bytes;
  }
}

/** Boxes of the tensor as boxes of the picture, clipped to its content. */
export function toPicture(detections: readonly Detection[], plan: TensorPlan, picture: Size): Detection[] {
  const { contentWidthPx, contentHeightPx } = picture;
  const scaleX = contentWidthPx / plan.contentWidthPx;
  const scaleY = contentHeightPx / plan.contentHeightPx;
  const out: Detection[] = [];
  for (const detection of detections) {
    const box = clipBox(detection, scaleX, scaleY, contentWidthPx, contentHeightPx);
    if (box !== undefined) out.push({ ...detection, ...box });
  }
  return out;
}

/** Writes the content as three planes of floats, the rest is padding. */
function toPlanes(
  rgb: Uint8Array,
  rowPx: number,
  plan: TensorPlan,
  colour: ModelInput['colour'],
  { mean, std, pad }: Normalisation,
  out: Float32Array,
): void {
  const plane = plan.widthPx * plan.heightPx;
  const red = colour === 'rgb' ? 0 : 2 * plane;
  const blue = colour === 'rgb' ? 2 * plane : 0;
  const [rs, gs, bs] = [1 / std[0], 1 / std[1], 1 / std[2]];
  const [ro, go, bo] = [-mean[0] * rs, -mean[1] * gs, -mean[2] * bs];
  if (plan.contentWidthPx < plan.widthPx || plan.contentHeightPx < plan.heightPx) out.fill(pad);
  for (let y = 0; y < plan.contentHeightPx; y++) {
    let from = y * rowPx * 3;
    const start = y * plan.widthPx;
    for (let to = start; to < start + plan.contentWidthPx; to++, from += 3) {
      out[red + to] = rgb[from]! * rs + ro;
      out[plane + to] = rgb[from + 1]! * gs + go;
      out[blue + to] = rgb[from + 2]! * bs + bo;
    }
  }
}

/** Bilinear, pixel centres aligned. Good to about half size; below that it skips pixels, which the networks tolerate. */
function scaleBilinear(picture: DetectorPicture, plan: TensorPlan, out: Uint8Array): void {
  const { rgb, widthPx, contentWidthPx, contentHeightPx } = picture;
  const stepX = contentWidthPx / plan.contentWidthPx;
  const stepY = contentHeightPx / plan.contentHeightPx;
  let to = 0;
  for (let y = 0; y < plan.contentHeightPx; y++) {
    const fromY = Math.min(contentHeightPx - 1, Math.max(0, (y + 0.5) * stepY - 0.5));
    const y0 = Math.floor(fromY);
    const v = fromY - y0;
    const row0 = y0 * widthPx * 3;
    const row1 = Math.min(contentHeightPx - 1, y0 + 1) * widthPx * 3;
    for (let x = 0; x < plan.contentWidthPx; x++) {
      const fromX = Math.min(contentWidthPx - 1, Math.max(0, (x + 0.5) * stepX - 0.5));
      const x0 = Math.floor(fromX);
      const u = fromX - x0;
      const a = x0 * 3;
      const b = Math.min(contentWidthPx - 1, x0 + 1) * 3;
      for (let c = 0; c < 3; c++, to++) {
        const upper = rgb[row0 + a + c]! * (1 - u) + rgb[row0 + b + c]! * u;
        const lower = rgb[row1 + a + c]! * (1 - u) + rgb[row1 + b + c]! * u;
        out[to] = upper * (1 - v) + lower * v + 0.5;
      }
    }
  }
}
