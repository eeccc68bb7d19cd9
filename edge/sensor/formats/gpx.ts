/**
 * Track points of a GPX file (1.0 and 1.1), one message each: `{"trace", "lat", "lon", "time"}`. Names, comments, waypoints, routes and
 * extensions are not read. Document types and entities of their own are refused: they are how small XML files become large ones.
 */
import { createHash } from 'node:crypto';
import { SaxesParser } from 'saxes';
import { damagedAt, type FileItem, messageOf } from './item.ts';

/** GPX needs 6 levels; extensions add a few. */
const DEPTH_MAX = 32;

/** Bytes between two tags: the parser holds them. */
const TOKEN_BYTES_MAX = 256 * 1024;

const TIME_CHARS_MAX = 40;

class RefusedXml extends Error {}

/** A file is the trace of one device: all its points count as one contributor, told from other files by the file's name. */
export function traceOfFile(fileName: string): string {
  return createHash('sha256').update(fileName).digest('hex').slice(0, 16);
}

export async function* gpxItems(chunks: AsyncIterable<Uint8Array>, trace: string): AsyncGenerator<FileItem> {
  const reader = new GpxReader(trace);
  // Lossy: what is read of a point is ASCII, and a name in another encoding is no reason to refuse the file.
  const decoder = new TextDecoder('utf-8');
  try {
    for await (const chunk of chunks) {
      reader.push(decoder.decode(chunk, { stream: true }), chunk.byteLength);
      yield* reader.take();
    }
    reader.push(decoder.decode(), 0);
    reader.close();
    yield* reader.take();
  } catch (error) {
    yield* reader.take();
    if (!(error instanceof RefusedXml) && !isXmlError(error)) throw error;
    const what = error instanceof RefusedXml ? error.message : 'no well-formed XML, or cut off';
    yield damagedAt(what, 'byte', reader.position);
  }
}

/** The parser throws plain errors whose text begins with the place. */
function isXmlError(error: unknown): boolean {
  return error instanceof Error && /^\d+:\d+: /.test(error.message);
}

class GpxReader {
  readonly #parser = new SaxesParser({ xmlns: false });
  #points: FileItem[] = [];
  #depth = 0;
  #bytesSinceTag = 0;
  #point: { lat: string; lon: string; time?: string } | undefined;
  #time: string | undefined;

  constructor(trace: string) {
    this.#parser.on('error', (error) => {
      throw error;
    });
    this.#parser.on('doctype', () => {
      throw new RefusedXml('a document type declaration, which is refused');
    });
    this.#parser.on('opentag', ({ name, attributes }) => {
      this.#bytesSinceTag = 0;
      this.#depth += 1;
      if (this.#depth > DEPTH_MAX) throw new RefusedXml(`nested deeper than ${DEPTH_MAX} levels`);
      if (name === 'trkpt') this.#point = { lat: attributes['lat'] ?? '', lon: attributes['lon'] ?? '' };
      else if (name === 'time' && this.#point !== undefined) this.#time = '';
    });
    this.#parser.on('text', (text) => {
      if (this.#time !== undefined) this.#time = (this.#time + text).slice(0, TIME_CHARS_MAX);
    });
    this.#parser.on('closetag', ({ name }) => {
      this.#bytesSinceTag = 0;
      this.#depth -= 1;
      if (name === 'time' && this.#point !== undefined && this.#time !== undefined) {
        this.#point.time = this.#time.trim();
        this.#time = undefined;
      } else if (name === 'trkpt' && this.#point !== undefined) {
        this.#points.push(messageOf({ trace, ...this.#point }));
        this.#point = undefined;
      }
    });
  }

  /** Characters read; bytes, where all is ASCII. */
  get position(): number {
    return this.#parser.position;
  }

  push(text: string, bytes: number): void {
    this.#bytesSinceTag += bytes;
    this.#parser.write(text);
    if (this.#bytesSinceTag > TOKEN_BYTES_MAX) throw new RefusedXml(`more than ${TOKEN_BYTES_MAX} bytes without a tag`);
  }

  close(): void {
    this.#parser.close();
  }

  take(): FileItem[] {
    const points = this.#points;
    this.#points = [];
    return points;
  }
}
