/**
 * Turns a raw frame and its cover plan into a FilteredFrame. Takes ownership of the raw frame in every case, also when it throws.
 *
 * Painting never touches a decoded frame, which is still the decoder's reference picture: its pixels are copied (or converted to
 * yuv420p) into a frame of the pool, and that is painted, on all planes. A frame without any region goes on as it is, by reference.
 * Pictures of odd size lose their last row or column: what is encoded is 4:2:0, which x264 takes in even sizes only.
 * Any failure on the way ends in a frame that is covered whole, and a failure of that in an exception and no frame at all.
 */
import { randomFillSync } from 'node:crypto';
import {
  AV_FRAME_DATA_A53_CC,
  AV_FRAME_DATA_MOTION_VECTORS,
  AV_FRAME_DATA_SEI_UNREGISTERED,
  AV_PIX_FMT_RGB24,
  AV_PIX_FMT_YUV420P,
  AVCOL_SPC_RGB,
  AVCOL_SPC_UNSPECIFIED,
  type AVPixelFormat,
  SWS_BILINEAR,
} from 'node-av/constants';
import { type Frame, SoftwareScaleContext } from 'node-av/lib';
import type { Look } from '../../config/schema.ts';
import type { Box } from '../detect/port.ts';
import type { Surface } from '../draw/surface.ts';
import type { RawFrame } from '../frame.ts';
import { type FilteredFrame, markFiltered } from './filtered-frame.ts';
import { FramePool, type PaintFrame } from './frame-pool.ts';
import { fillRect, NEUTRAL_CHROMA, type PlaneRect, paintCells, SOLID_LUMA } from './kernels.ts';
import type { CoverPlan, CoverRegion } from './plan.ts';
import { isPaintable, type Plane } from './planes.ts';
import { fillPolygon } from './polygon.ts';
import { TrackCells } from './track-cells.ts';

/** Side data that may identify somebody or betray what was hidden; the encoder must not see it. */
const DROPPED_SIDE_DATA = [AV_FRAME_DATA_A53_CC, AV_FRAME_DATA_SEI_UNREGISTERED, AV_FRAME_DATA_MOTION_VECTORS];

export interface Redacted {
  frame: FilteredFrame;
  /** The plan as carried out: a plan that failed became whole-frame. */
  plan: CoverPlan;
}

type WholeFrame = Extract<CoverPlan, { kind: 'whole-frame' }>;

export class Redactor implements Disposable {
  readonly #look: Look;
  readonly #cells: TrackCells;
  readonly #pool = new FramePool();
  #convert: { from: string; scaler: SoftwareScaleContext } | undefined;

  /** `noiseKey` is drawn at random; tests fix it. */
  constructor(look: Look, noiseKey: Uint32Array = randomFillSync(new Uint32Array(4))) {
    this.#look = look;
    this.#cells = new TrackCells(noiseKey);
  }

  /** Never passes uncovered pixels: throws only when not even a covered frame can be made. */
  redact(raw: RawFrame, plan: CoverPlan): Redacted {
    using owned = raw; // freed on every way out
    cropToEven(owned.av);
    if (plan.kind === 'whole-frame') return this.#whole(owned, plan);
    try {
      const frame = this.#regions(owned, plan.regions);
      return frame ? { frame, plan } : this.#whole(owned, { kind: 'whole-frame', reason: 'unsupported-format' });
    } catch {
      return this.#whole(owned, { kind: 'whole-frame', reason: 'internal-error' });
    }
  }

  /** A drawn picture (a slate) as a filtered frame. */
  fromSurface(surface: Surface, ptsUs: number, capturedMs: number): FilteredFrame {
    const { widthPx, heightPx, rgb } = surface;
    const target = this.#pool.take(widthPx, heightPx, AV_PIX_FMT_YUV420P);
    using scaler = new SoftwareScaleContext();
    scaler.getContext(widthPx, heightPx, AV_PIX_FMT_RGB24, widthPx, heightPx, AV_PIX_FMT_YUV420P, SWS_BILINEAR);
    const source = Buffer.from(rgb.buffer, rgb.byteOffset, rgb.byteLength);
    scaler.scaleSync([source], [widthPx * 3], 0, heightPx, target.av.data!, target.av.linesize);
    return this.#made(target, ptsUs, capturedMs, 'slate');
  }

  [Symbol.dispose](): void {
    this.#convert?.scaler.freeContext();
    this.#convert = undefined;
    this.#pool[Symbol.dispose]();
  }

  /** Undefined for a format that can't be painted. */
  #regions(raw: RawFrame, regions: readonly CoverRegion[]): FilteredFrame | undefined {
    const source = raw.av;
    if (isPaintable(source.format) && regions.length === 0) {
      const same = source.clone();
      if (same === null) throw new Error('out of memory');
      dropSideData(same);
      return markFiltered(same, () => same.free(), raw.ptsUs, raw.capturedMs, 'regions');
    }
    const target = this.#copy(source);
    if (target === undefined) return undefined;
    try {
      paintRegions(target.planes, regions, this.#look, this.#cells, raw.ptsUs / 1000);
      return this.#made(target, raw.ptsUs, raw.capturedMs, 'regions');
    } catch (error) {
      target.av.free();
      throw error;
    }
  }

  /** The picture in a frame of our own. */
  #copy(source: Frame): PaintFrame | undefined {
    const { width, height, format } = source;
    if (source.isHwFrame()) return undefined;
    const isSame = isPaintable(format);
    const target = this.#pool.take(width, height, isSame ? (format as AVPixelFormat) : AV_PIX_FMT_YUV420P);
    const status = isSame ? target.av.copy(source) : this.#converter(source).scaleFrameSync(target.av, source);
    if (status >= 0) {
      copySignal(source, target.av);
      return target;
    }
    target.av.free();
    return undefined;
  }

  #converter({ width, height, format }: Frame): SoftwareScaleContext {
    const from = `${width}x${height}/${format}`;
    if (this.#convert?.from !== from) {
      this.#convert?.scaler.freeContext();
      const scaler = new SoftwareScaleContext();
      scaler.getContext(width, height, format as AVPixelFormat, width, height, AV_PIX_FMT_YUV420P, SWS_BILINEAR);
      this.#convert = { from, scaler };
    }
    return this.#convert.scaler;
  }

  #whole(raw: RawFrame, plan: WholeFrame): Redacted {
    const { format } = raw.av;
    const target = this.#pool.take(
      raw.widthPx,
      raw.heightPx,
      isPaintable(format) ? (format as AVPixelFormat) : AV_PIX_FMT_YUV420P,
    );
    for (const plane of target.planes) {
      const all = { x0: 0, y0: 0, x1: plane.widthPx, y1: plane.heightPx };
      fillRect(plane, all, plane.isLuma ? SOLID_LUMA : NEUTRAL_CHROMA);
    }
    return { frame: this.#made(target, raw.ptsUs, raw.capturedMs, 'whole-frame'), plan };
  }

  #made(target: PaintFrame, ptsUs: number, capturedMs: number, cover: FilteredFrame['cover']): FilteredFrame {
    return markFiltered(target.av, () => this.#pool.give(target), ptsUs, capturedMs, cover);
  }
}

/** Paints every region on every plane of the picture at feed time `ms`. */
export function paintRegions(
  planes: readonly Plane[],
  regions: readonly CoverRegion[],
  look: Look,
  trackCells: TrackCells,
  ms: number,
): void {
  trackCells.forgetBefore(ms);
  for (const region of regions) {
    planes.forEach((plane, component) => {
      const solid = plane.isLuma ? SOLID_LUMA : NEUTRAL_CHROMA;
      if (region.polygon) {
        fillPolygon(plane, region.polygon, solid);
        return;
      }
      const rect = rectOn(plane, region);
      if (rect === undefined) return;
      const cells = look === 'solid' ? undefined : trackCells.cells(plane, rect, region.track, component, ms);
      if (cells === undefined || look === 'solid') fillRect(plane, rect, solid);
      else paintCells(plane, rect, cells, look);
    });
  }
}

/** The region on a plane, rounded outwards to whole chroma samples so that all planes hide the same area. */
export function rectOn(plane: Pick<Plane, 'subsampling' | 'widthPx' | 'heightPx'>, region: Box): PlaneRect | undefined {
  const s = plane.subsampling;
  const even = (value: number, up: boolean): number => (up ? Math.ceil(value / 2) : Math.floor(value / 2)) * (2 / s);
  const x0 = Math.max(0, even(region.x, false));
  const y0 = Math.max(0, even(region.y, false));
  const x1 = Math.min(plane.widthPx, even(region.x + region.w, true));
  const y1 = Math.min(plane.heightPx, even(region.y + region.h, true));
  return x1 > x0 && y1 > y0 ? { x0, y0, x1, y1 } : undefined;
}

/** The frame is about to be copied or converted, which reads only what its size says. */
function cropToEven(av: Frame): void {
  av.width -= av.width % 2;
  av.height -= av.height % 2;
}

/** How the samples are to be shown. A picture that came as RGB has no matrix of its own. */
function copySignal(from: Frame, to: Frame): void {
  to.colorRange = from.colorRange;
  to.colorSpace = from.colorSpace === AVCOL_SPC_RGB ? AVCOL_SPC_UNSPECIFIED : from.colorSpace;
  to.colorPrimaries = from.colorPrimaries;
  to.colorTrc = from.colorTrc;
  to.sampleAspectRatio = from.sampleAspectRatio;
}

function dropSideData(av: Frame): void {
  for (const type of DROPPED_SIDE_DATA) av.removeSideData(type);
}
