/**
 * Turns a raw frame and its cover plan into a FilteredFrame. Takes ownership of the raw frame in every case, also when it throws.
 *
 * Order: convert to a paintable format if need be, make the frame writable (a decoded frame is still the decoder's reference picture;
 * painting on it would corrupt later frames), paint all planes, drop side data. Any failure on the way ends in a covered frame, and a
 * failure of that in an exception and no frame at all.
 */
import { randomFillSync } from 'node:crypto';
import {
  AV_FRAME_DATA_A53_CC,
  AV_FRAME_DATA_MOTION_VECTORS,
  AV_FRAME_DATA_SEI_UNREGISTERED,
  AV_PIX_FMT_RGB24,
  AV_PIX_FMT_YUV420P,
  Frame,
  SoftwareScaleContext,
  SWS_BILINEAR,
} from 'node-av';
import type { Look } from '../../config/schema.ts';
import type { Surface } from '../draw/surface.ts';
import type { RawFrame } from '../frame.ts';
import type { WholeFrameReason } from '../messages.ts';
import { type FilteredFrame, markFiltered } from './filtered-frame.ts';
import {
  fillRect,
  NEUTRAL_CHROMA,
  noiseCells,
  type PlaneRect,
  paintCells,
  reduceToCells,
  SOLID_LUMA,
} from './kernels.ts';
import type { CoverPlan, CoverRegion } from './plan.ts';
import { isPaintable, type Plane, planesOf } from './planes.ts';
import { fillPolygon } from './polygon.ts';

/** Side data that may identify somebody or betray what was hidden; the encoder must not see it. */
const DROPPED_SIDE_DATA = [AV_FRAME_DATA_A53_CC, AV_FRAME_DATA_SEI_UNREGISTERED, AV_FRAME_DATA_MOTION_VECTORS];

export interface Redacted {
  frame: FilteredFrame;
  /** The plan as carried out: a plan that failed became whole-frame. */
  plan: CoverPlan;
}

export class Redactor implements Disposable {
  readonly #look: Look;
  readonly #noiseKey: Uint32Array;
  #convert: { from: string; scaler: SoftwareScaleContext } | undefined;

  /** `noiseKey` is drawn at random; tests fix it. */
  constructor(look: Look, noiseKey: Uint32Array = randomFillSync(new Uint32Array(4))) {
    this.#look = look;
    this.#noiseKey = noiseKey;
  }

  /** Never passes uncovered pixels: throws only when not even a covered frame can be made. */
  redact(raw: RawFrame, plan: CoverPlan): Redacted {
    using owned = raw; // freed on every way out
    const size = { widthPx: raw.widthPx, heightPx: raw.heightPx };
    if (plan.kind === 'regions') {
      let av: Frame | undefined;
      try {
        av = this.#paintable(owned.av, plan.regions.length > 0);
        if (av === undefined) return this.#whole(owned, size, { kind: 'whole-frame', reason: 'unsupported-format' });
        paintRegions(planesOf(av), plan.regions, this.#look, this.#noiseKey);
        dropSideData(av);
        return { frame: markFiltered(av, raw.ptsUs, raw.capturedMs, 'regions'), plan };
      } catch {
        av?.free();
        return this.#whole(owned, size, { kind: 'whole-frame', reason: 'internal-error' });
      }
    }
    return this.#whole(owned, size, plan);
  }

  /** A drawn picture (a slate) as a filtered frame. */
  fromSurface(surface: Surface, ptsUs: number, capturedMs: number): FilteredFrame {
    return markFiltered(frameFromSurface(surface), ptsUs, capturedMs, 'slate');
  }

  [Symbol.dispose](): void {
    this.#convert?.scaler.freeContext();
    this.#convert = undefined;
  }

  /** A frame that may be painted and owns its pixels (if it `willPaint`): another reference, a copy or a conversion. */
  #paintable(source: Frame, willPaint: boolean): Frame | undefined {
    if (isPaintable(source.format)) {
      const av = source.clone();
      if (av === null) throw new Error('out of memory');
      if (willPaint) {
        source.unref(); // if the decoder has let go of it too, nothing needs to be copied
        if (av.makeWritable() < 0) {
          av.free();
          throw new Error('frame could not be made writable');
        }
      }
      return av;
    }
    if (source.isHwFrame()) return undefined;
    const { width, height, format } = source;
    const from = `${width}x${height}/${format}`;
    if (this.#convert?.from !== from) {
      this.#convert?.scaler.freeContext();
      const scaler = new SoftwareScaleContext();
      scaler.getContext(width, height, format as never, width, height, AV_PIX_FMT_YUV420P, SWS_BILINEAR);
      this.#convert = { from, scaler };
    }
    const av = emptyFrame(width, height);
    const status = this.#convert.scaler.scaleSync(source.data!, source.linesize, 0, height, av.data!, av.linesize);
    if (status < 0) {
      av.free();
      return undefined;
    }
    av.copyProps(source);
    return av;
  }

  #whole(
    raw: RawFrame,
    size: { widthPx: number; heightPx: number },
    plan: { kind: 'whole-frame'; reason: WholeFrameReason },
  ): Redacted {
    const av = emptyFrame(size.widthPx, size.heightPx);
    for (const plane of planesOf(av)) {
      const all = { x0: 0, y0: 0, x1: plane.widthPx, y1: plane.heightPx };
      fillRect(plane, all, plane.isLuma ? SOLID_LUMA : NEUTRAL_CHROMA);
    }
    return { frame: markFiltered(av, raw.ptsUs, raw.capturedMs, 'whole-frame'), plan };
  }
}

/** Paints every region on every plane. Exported for the tests of the kernels' promises. */
export function paintRegions(
  planes: readonly Plane[],
  regions: readonly CoverRegion[],
  look: Look,
  noiseKey: Uint32Array,
): void {
  for (const region of regions) {
    planes.forEach((plane, component) => {
      const solid = plane.isLuma ? SOLID_LUMA : NEUTRAL_CHROMA;
      if (region.polygon) {
        fillPolygon(plane, region.polygon, solid);
        return;
      }
      const rect = rectOn(plane, region);
      if (rect === undefined) return;
      if (look === 'solid') fillRect(plane, rect, solid);
      else paintCells(plane, rect, noiseCells(reduceToCells(plane, rect), noiseKey, region.track, component), look);
    });
  }
}

/** The region on a plane, rounded outwards to whole chroma samples so that all planes hide the same area. */
function rectOn(plane: Plane, region: CoverRegion): PlaneRect | undefined {
  const s = plane.subsampling;
  const even = (value: number, up: boolean): number => (up ? Math.ceil(value / 2) : Math.floor(value / 2)) * (2 / s);
  const x0 = Math.max(0, even(region.x, false));
  const y0 = Math.max(0, even(region.y, false));
  const x1 = Math.min(plane.widthPx, even(region.x + region.w, true));
  const y1 = Math.min(plane.heightPx, even(region.y + region.h, true));
  return x1 > x0 && y1 > y0 ? { x0, y0, x1, y1 } : undefined;
}

function emptyFrame(width: number, height: number): Frame {
  const av = new Frame();
  av.alloc();
  av.format = AV_PIX_FMT_YUV420P;
  av.width = width;
  av.height = height;
  if (av.getBuffer() < 0) {
    av.free();
    throw new Error(`no memory for a frame of ${width}x${height}`);
  }
  return av;
}

function frameFromSurface(surface: Surface): Frame {
  const { widthPx, heightPx, rgb } = surface;
  const av = emptyFrame(widthPx, heightPx);
  using scaler = new SoftwareScaleContext();
  scaler.getContext(widthPx, heightPx, AV_PIX_FMT_RGB24, widthPx, heightPx, AV_PIX_FMT_YUV420P, SWS_BILINEAR);
  const source = Buffer.from(rgb.buffer, rgb.byteOffset, rgb.byteLength);
  scaler.scaleSync([source], [widthPx * 3], 0, heightPx, av.data!, av.linesize);
  return av;
}

function dropSideData(av: Frame): void {
  for (const type of DROPPED_SIDE_DATA) av.removeSideData(type);
}
