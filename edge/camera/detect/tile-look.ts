/**
 * The closer look of a live camera: beside each look at the whole frame, one tile of it nearer to its own resolution, where small faces and
 * far plates show. Which tile: the one that has waited longest, weighed by what is known to be there (what is tracked and small, persons,
 * vehicles) and by what moves. Its boxes are added to the verdict; it never takes anything away, and without an answer the verdict stands.
 *
 * Taken only where the box can afford it: inside the share of a core that detection may take, and early enough for the delay line.
 */
import { AV_PIX_FMT_RGB24, type AVPixelFormat, SWS_AREA } from 'node-av/constants';
import { Filter, type FilterContext, FilterGraph, Frame, SoftwareScaleContext } from 'node-av/lib';
import { SETTLE_MS } from '../../base/limits.ts';
import { centreOf } from '../track/geometry.ts';
import type { Box, Detection, DetectionLabel, DetectorPicture } from './port.ts';
import { boxesOfTile, type Tile, tilesOf, tilesPerSide } from './tiles.ts';

/** All tiles of a frame have been looked at within this time, or fewer and coarser ones are taken: what was seen once is held as long. */
const ROUND_MS_MAX = 600;
/** Of the delay line's deadline, what a frame may wait on average. */
const DELAY_SHARE_MAX = 0.75;
/** A face or plate lower than this on the picture of the whole frame may be lost there. */
const SMALL_PX = 20;
/** What a tile weighs beside its waiting time: for each object that is small, for each that may carry one, for motion all over it. */
const WEIGHT = { small: 1, carrier: 0.5, motion: 2, max: 4 } as const;

/** Looks without a tile after a frame came too late, whatever made it late. */
const PAUSE_LOOKS = 50;

export interface TileHints {
  /** Where things were lately, in frame pixels. */
  seen: readonly { label: DetectionLabel; box: Box }[];
  /** Share of a part of the frame that moves, 0 to 1. */
  movingShare(part: Box): number;
}

/** What a look of a live camera costs and may cost, milliseconds. */
export interface TileBudget {
  /** Inference of the whole frame; 0 while it is not known. */
  wholeMs: number;
  frameGapMs: number;
  intervalMs: number;
  delayMs: number;
  /** Of one core. */
  shareMax: number;
}

export interface ChosenTile {
  picture: DetectorPicture;
  /** Boxes of the verdict on that picture that count, in frame pixels. */
  boxesOf(detections: readonly Detection[]): Detection[];
}

interface Cutter {
  tile: Tile;
  graph: FilterGraph;
  source: FilterContext;
  sink: FilterContext;
  scaler: SoftwareScaleContext;
  small: Frame;
  pixels: Buffer;
  strideBytes: number;
  /** Number of the look at which it was last taken. */
  looked: number;
}

export class TileLook implements Disposable {
  readonly #longSidePx: number;
  readonly #takeBuffer: (lengthBytes: number) => Uint8Array<ArrayBuffer>;
  #from = '';
  #perSide = 1;
  #cutters: Cutter[] = [];
  #looks = 0;
  #costMs = 0;
  #paused = 0;

  constructor(longSidePx: number, takeBuffer: (lengthBytes: number) => Uint8Array<ArrayBuffer>) {
    this.#longSidePx = longSidePx;
    this.#takeBuffer = takeBuffer;
  }

  /**
   * The tile to look at beside the whole frame; undefined where there is none to be afforded. `budget` is the time between two looks where
   * there is no hurry. The frame is only read, before this returns.
   */
  choose(frame: Frame, budget: TileBudget | number, hints: TileHints): ChosenTile | undefined {
    const cadenceMs = typeof budget === 'number' ? budget : this.#cadenceMs(budget);
    if (this.#paused > 0) {
      this.#paused--;
      return undefined;
    }
    if (typeof budget !== 'number' && !this.#isAffordable(cadenceMs, budget)) return undefined;
    this.#adapt(frame, cadenceMs);
    const looks = ++this.#looks;
    let best: Cutter | undefined;
    let bestUrgency = 0;
    for (const cutter of this.#cutters) {
      const urgency =
        (looks - cutter.looked) *
        (1 + weigh(cutter.tile, hints, this.#longSidePx / Math.max(frame.width, frame.height)));
      if (urgency <= bestUrgency) continue;
      best = cutter;
      bestUrgency = urgency;
    }
    if (best === undefined) return undefined;
    const { tile } = best;
    const rgb = this.#cut(frame, best);
    if (rgb === undefined) return undefined;
    best.looked = looks;
    const size = { widthPx: frame.width, heightPx: frame.height };
    return { picture: { rgb, ...tile.letterbox }, boxesOf: (detections) => boxesOfTile(detections, tile, size) };
  }

  /** What the last one took. */
  noteCost(ms: number): void {
    this.#costMs = this.#costMs === 0 ? ms : this.#costMs + (ms - this.#costMs) * 0.1;
  }

  /** A frame left without its verdicts: no tiles for a while. */
  pause(): void {
    this.#paused = PAUSE_LOOKS;
  }

  [Symbol.dispose](): void {
    for (const { graph, scaler, small } of this.#cutters) {
      graph.free();
      scaler.freeContext();
      small.free();
    }
    this.#cutters = [];
    this.#from = '';
  }

  /** Time between two looks when each takes a tile. */
  #cadenceMs({ wholeMs, frameGapMs, shareMax }: TileBudget): number {
    return Math.max(frameGapMs, (wholeMs + (this.#costMs || wholeMs)) / shareMax);
  }

  #isAffordable(cadenceMs: number, { wholeMs, intervalMs, delayMs, shareMax }: TileBudget): boolean {
    if (wholeMs === 0 || cadenceMs > intervalMs) return false;
    // A frame waits until the next verdict is younger by so much (_settling_), and for the inferences of that one.
    return cadenceMs + Math.max(SETTLE_MS, cadenceMs) + cadenceMs * shareMax <= DELAY_SHARE_MAX * delayMs;
  }

  /** Tiles for this kind of frame, as many as come round in time. */
  #adapt({ width, height, format }: Frame, cadenceMs: number): void {
    const from = `${width}x${height}/${format}`;
    if (from !== this.#from) {
      this[Symbol.dispose]();
      this.#from = from;
      this.#perSide = tilesPerSide(width, height, this.#longSidePx);
    } else if (this.#cutters.length === 0 || this.#perSide ** 2 * cadenceMs <= ROUND_MS_MAX) return;
    while (this.#perSide > 1 && this.#perSide ** 2 * cadenceMs > ROUND_MS_MAX) this.#perSide--;
    this[Symbol.dispose]();
    this.#from = from;
    if (this.#perSide < 2) return;
    for (const tile of tilesOf(width, height, this.#longSidePx, this.#perSide)) {
      const cutter = makeCutter(tile, width, height, format as AVPixelFormat, this.#looks - this.#perSide ** 2);
      if (cutter) this.#cutters.push(cutter);
    }
  }

  #cut(
    frame: Frame,
    { tile: { letterbox }, source, sink, scaler, small, pixels, strideBytes }: Cutter,
  ): Uint8Array<ArrayBuffer> | undefined {
    using part = frame.clone();
    if (part === null || source.buffersrcAddFrameSync(part) < 0) return undefined;
    using cropped = new Frame();
    cropped.alloc();
    if (sink.buffersinkGetFrameSync(cropped) < 0 || scaler.scaleFrameSync(small, cropped) < 0) return undefined;
    const rgb = this.#takeBuffer(letterbox.widthPx * letterbox.heightPx * 3);
    const rowBytes = letterbox.widthPx * 3;
    const contentBytes = letterbox.contentWidthPx * 3;
    for (let y = 0; y < letterbox.contentHeightPx; y++) {
      pixels.copy(rgb, y * rowBytes, y * strideBytes, y * strideBytes + contentBytes);
      rgb.fill(0, y * rowBytes + contentBytes, (y + 1) * rowBytes);
    }
    rgb.fill(0, letterbox.contentHeightPx * rowBytes);
    return rgb;
  }
}

function weigh(tile: Tile, { seen, movingShare }: TileHints, scale: number): number {
  let weight = WEIGHT.motion * movingShare(tile);
  for (const { label, box } of seen) {
    const { x, y } = centreOf(box);
    if (x < tile.x || x >= tile.x + tile.w || y < tile.y || y >= tile.y + tile.h) continue;
    if (label === 'person' || label === 'vehicle') weight += WEIGHT.carrier;
    else if (box.h * scale < SMALL_PX) weight += WEIGHT.small;
  }
  return Math.min(WEIGHT.max, weight);
}

/** libav's crop filter moves the pointers of a reference and copies no pixel; undefined for a format that can't be cropped or scaled. */
function makeCutter(
  tile: Tile,
  widthPx: number,
  heightPx: number,
  format: AVPixelFormat,
  looked: number,
): Cutter | undefined {
  const graph = new FilterGraph();
  graph.alloc();
  const small = new Frame();
  small.alloc();
  const { letterbox } = tile;
  small.format = AV_PIX_FMT_RGB24;
  small.width = letterbox.contentWidthPx;
  small.height = letterbox.contentHeightPx;
  const pixels = small.getBuffer() < 0 ? undefined : small.data?.[0];
  const args = `video_size=${widthPx}x${heightPx}:pix_fmt=${format}:time_base=1/1000000`;
  const [source, crop, sink] = [
    ['buffer', args],
    ['crop', `${tile.w}:${tile.h}:${tile.x}:${tile.y}`],
    ['buffersink', null],
  ].map(([name, options]) => {
    const filter = Filter.getByName(name!);
    return filter && graph.createFilter(filter, name!, options ?? null);
  });
  const isLinked = source && crop && sink && source.link(0, crop, 0) >= 0 && crop.link(0, sink, 0) >= 0;
  if (pixels === undefined || !isLinked || graph.configSync() < 0) {
    graph.free();
    small.free();
    return undefined;
  }
  const scaler = new SoftwareScaleContext();
  scaler.getContext(tile.w, tile.h, format, small.width, small.height, AV_PIX_FMT_RGB24, SWS_AREA);
  return { tile, graph, source, sink, scaler, small, pixels, strideBytes: small.linesize[0]!, looked };
}
