/**
 * A capture whose frames are upright: phones store what the sensor gave and a matrix that says how to turn it. The detector must see
 * faces the right way up, and what is written has no matrix any more.
 *
 * Frames that need no turn pass through. Turned ones lose their motion vectors, which hold for the stored picture only.
 */
import {
  AV_FRAME_DATA_DISPLAYMATRIX,
  AV_FRAME_DATA_MOTION_VECTORS,
  FFmpegError,
  Filter,
  type FilterContext,
  FilterGraph,
  Frame,
} from 'node-av';
import { WorldError } from '../../base/errors.ts';
import type { Capture, CaptureCounts, CaptureEvent } from '../capture/port.ts';
import { RawFrame } from '../frame.ts';

interface Turner {
  from: string;
  graph: FilterGraph;
  source: FilterContext;
  sink: FilterContext;
}

export class UprightCapture implements Capture {
  readonly #inner: Capture;
  #turner: Turner | undefined;

  /** Owns `inner`. */
  constructor(inner: Capture) {
    this.#inner = inner;
  }

  get counts(): Readonly<CaptureCounts> {
    return this.#inner.counts;
  }

  async next(): Promise<CaptureEvent> {
    const event = await this.#inner.next();
    if (event.kind !== 'frame') return event;
    const filters = filtersFor(event.frame.av.getSideData(AV_FRAME_DATA_DISPLAYMATRIX));
    return filters === undefined ? event : { kind: 'frame', frame: this.#turn(event.frame, filters) };
  }

  async close(): Promise<void> {
    await this.#inner.close();
    this.#turner?.graph.free();
    this.#turner = undefined;
  }

  #turn(stored: RawFrame, filters: readonly string[]): RawFrame {
    using owned = stored;
    const { source, sink } = this.#turnerFor(owned.av, filters);
    const turned = new Frame();
    turned.alloc();
    let code = source.buffersrcAddFrameSync(owned.av);
    if (code >= 0) code = sink.buffersinkGetFrameSync(turned);
    if (code < 0) {
      turned.free();
      throw new WorldError('source-undecodable', `a picture could not be turned: ${FFmpegError.strerror(code)}`);
    }
    turned.removeSideData(AV_FRAME_DATA_DISPLAYMATRIX);
    turned.removeSideData(AV_FRAME_DATA_MOTION_VECTORS);
    return new RawFrame(turned, owned.seq, owned.ptsUs, owned.capturedMs);
  }

  #turnerFor(frame: Frame, filters: readonly string[]): Turner {
    const { width, height, format, colorSpace, colorRange, sampleAspectRatio: sar } = frame;
    const shape = `${Math.max(0, sar.num)}/${Math.max(1, sar.den)}`;
    const args = `video_size=${width}x${height}:pix_fmt=${format}:time_base=1/1000000:pixel_aspect=${shape}:colorspace=${colorSpace}:range=${colorRange}`;
    const from = `${args} ${filters.join()}`;
    if (this.#turner?.from === from) return this.#turner;
    this.#turner?.graph.free();
    this.#turner = undefined;
    const graph = new FilterGraph();
    graph.alloc();
    const add = (name: string, options: string | null): FilterContext => {
      const filter = Filter.getByName(name);
      const made = filter && graph.createFilter(filter, name, options);
      if (!made) throw new WorldError('source-undecodable', `this build of libav can't turn pictures (${name})`);
      return made;
    };
    const chain = [add('buffer', args)];
    for (const text of filters) {
      const [name = '', options] = text.split('=');
      chain.push(add(name, options ?? null));
    }
    chain.push(add('buffersink', null));
    for (let i = 0; i + 1 < chain.length; i++) FFmpegError.throwIfError(chain[i]!.link(0, chain[i + 1]!, 0), 'link');
    FFmpegError.throwIfError(graph.configSync(), 'config');
    this.#turner = { from, graph, source: chain[0]!, sink: chain.at(-1)! };
    return this.#turner;
  }
}

/**
 * libav filters that show a stored picture as its display matrix wants it, undefined when it is upright. The matrix holds nine 32-bit
 * numbers, of which the upper left four turn and mirror: (x, y) goes to (a x + c y, b x + d y), y downwards. Angles between the quarter
 * turns are not used by cameras and are taken for none.
 */
export function filtersFor(matrix: Buffer | null): readonly string[] | undefined {
  if (matrix === null || matrix.length < 36) return undefined;
  const at = (index: number): number => Math.sign(Math.round(matrix.readInt32LE(index * 4) / 65536));
  const key = [at(0), at(1), at(3), at(4)].join();
  switch (key) {
    case '0,1,-1,0':
      return ['transpose=clock'];
    case '0,-1,1,0':
      return ['transpose=cclock'];
    case '-1,0,0,-1':
      return ['hflip', 'vflip'];
    case '-1,0,0,1':
      return ['hflip'];
    case '1,0,0,-1':
      return ['vflip'];
    case '0,1,1,0':
      return ['transpose=cclock_flip'];
    case '0,-1,-1,0':
      return ['transpose=clock_flip'];
    default:
      return undefined;
  }
}
