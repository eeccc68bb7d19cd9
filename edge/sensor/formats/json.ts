/**
 * Objects of a JSON document as one message each: a single object, objects one after another, or the elements of an array. Only brackets and
 * strings are followed here, so an array of any length passes in the memory of its largest element; each object is parsed by its adapter.
 */
import { MESSAGE_BYTES_MAX } from '../../base/limits.ts';
import { damagedAt, droppedAt, type FileItem } from './item.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN = new Set([0x7b, 0x5b]);
const CLOSE = new Set([0x7d, 0x5d]);
const ARRAY_OPEN = 0x5b;
const OBJECT_OPEN = 0x7b;
/** Space, tab, line ends and commas may stand between elements. */
const BETWEEN = new Set([0x20, 0x09, 0x0a, 0x0d, 0x2c]);

export async function* jsonItems(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<FileItem> {
  const splitter = new Splitter();
  for await (const chunk of chunks) {
    yield* splitter.push(chunk);
    if (splitter.isDamaged) return;
  }
  yield* splitter.end();
}

class Splitter {
  isDamaged = false;
  #position = 0;
  /** Inside the outer array. */
  #isInArray = false;
  #isAfterArray = false;
  #depth = 0;
  #isInString = false;
  #isEscaped = false;
  #startsAt = 0;
  #held: Uint8Array[] = [];
  #heldBytes = 0;

  *push(chunk: Uint8Array): Generator<FileItem> {
    let start = 0;
    for (const [index, byte] of chunk.entries()) {
      if (this.#depth === 0) {
        if (byte === OBJECT_OPEN && !this.#isAfterArray) {
          this.#depth = 1;
          this.#startsAt = this.#position + index;
          start = index;
        } else if (!this.#isBetween(byte)) {
          yield this.#damage('neither an object nor an array of objects', this.#position + index);
          return;
        }
      } else if (this.#closes(byte)) {
        yield this.#take(chunk.subarray(start, index + 1));
      }
    }
    this.#position += chunk.byteLength;
    if (this.#depth > 0) this.#hold(chunk.subarray(start));
  }

  *end(): Generator<FileItem> {
    if (this.#depth > 0) yield this.#damage('the file ends inside an object that begins here', this.#startsAt);
    else if (this.#isInArray) yield this.#damage('the file ends inside an array', this.#position);
  }

  /** Follows one byte inside an object; true when it ends the object. */
  #closes(byte: number): boolean {
    if (this.#isEscaped) this.#isEscaped = false;
    else if (this.#isInString) {
      if (byte === BACKSLASH) this.#isEscaped = true;
      else if (byte === QUOTE) this.#isInString = false;
    } else if (byte === QUOTE) this.#isInString = true;
    else if (OPEN.has(byte)) this.#depth += 1;
    else if (CLOSE.has(byte)) this.#depth -= 1;
    return this.#depth === 0;
  }

  #isBetween(byte: number): boolean {
    if (byte === ARRAY_OPEN && !this.#isInArray && !this.#isAfterArray) {
      this.#isInArray = true;
      return true;
    }
    if (byte === 0x5d && this.#isInArray) {
      this.#isInArray = false;
      this.#isAfterArray = true;
      return true;
    }
    return BETWEEN.has(byte);
  }

  #hold(part: Uint8Array): void {
    this.#heldBytes += part.byteLength;
    if (this.#heldBytes <= MESSAGE_BYTES_MAX) this.#held.push(part.slice());
    else this.#held = [];
  }

  #take(tail: Uint8Array): FileItem {
    const size = this.#heldBytes + tail.byteLength;
    const bytes = size <= MESSAGE_BYTES_MAX ? Buffer.concat([...this.#held, tail], size) : undefined;
    this.#held = [];
    this.#heldBytes = 0;
    return bytes === undefined ? droppedAt('too-large', 'byte', this.#startsAt) : { kind: 'message', bytes };
  }

  #damage(what: string, at: number): FileItem {
    this.isDamaged = true;
    return damagedAt(what, 'byte', at);
  }
}
