/** Lines of a byte stream, bounded: a line that never ends costs no memory. */
import { MESSAGE_BYTES_MAX } from '../../base/limits.ts';
import { droppedAt, type FileItem } from './item.ts';

const LF = 0x0a;
const CR = 0x0d;

export interface Line {
  /** Without its end; undefined for a line over MESSAGE_BYTES_MAX. */
  bytes: Uint8Array | undefined;
  /** From 1. */
  number: number;
}

/** Empty lines are counted, not given. The last line needs no end. */
export async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Line> {
  let held: Uint8Array[] = [];
  let heldBytes = 0;
  let number = 1;
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(LF); end !== -1; end = chunk.indexOf(LF, start)) {
      const line = lineOf(held, heldBytes, chunk.subarray(start, end), number);
      if (line !== undefined) yield line;
      held = [];
      heldBytes = 0;
      number += 1;
      start = end + 1;
    }
    const rest = chunk.subarray(start);
    heldBytes += rest.byteLength;
    // A copy: the rest must not keep the whole chunk, nor change with it.
    if (heldBytes <= MESSAGE_BYTES_MAX) held.push(rest.slice());
    else held = [];
  }
  const last = lineOf(held, heldBytes, new Uint8Array(), number);
  if (last !== undefined) yield last;
}

/** One message a line, as sensors and logs write NDJSON. Also for standard input and files that grow. */
export async function* ndjsonItems(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<FileItem> {
  for await (const { bytes, number } of linesOf(chunks)) {
    yield bytes === undefined ? droppedAt('too-large', 'line', number) : { kind: 'message', bytes };
  }
}

function lineOf(held: readonly Uint8Array[], heldBytes: number, tail: Uint8Array, number: number): Line | undefined {
  const size = heldBytes + tail.byteLength;
  if (size > MESSAGE_BYTES_MAX) return { bytes: undefined, number };
  const whole = held.length === 0 ? tail.slice() : Buffer.concat([...held, tail], size);
  const bytes = whole.at(-1) === CR ? whole.subarray(0, -1) : whole;
  return bytes.byteLength === 0 ? undefined : { bytes, number };
}
