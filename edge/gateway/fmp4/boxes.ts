/** ISO base media boxes: writing them, and walking over the top level of a file that may be cut off. */

const HEADER_BYTES = 8;

/** One box: size, four-letter type, content. */
export function box(type: string, ...content: readonly Uint8Array[]): Buffer {
  const sizeBytes = content.reduce((sum, part) => sum + part.byteLength, HEADER_BYTES);
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt32BE(sizeBytes, 0);
  header.write(type, 4, 'latin1');
  return Buffer.concat([header, ...content], sizeBytes);
}

/** A box with version and flags. */
export function fullBox(type: string, version: number, flags: number, ...content: readonly Uint8Array[]): Buffer {
  return box(type, u32(((version << 24) | flags) >>> 0), ...content);
}

export function u8(...values: readonly number[]): Buffer {
  return Buffer.from(values);
}

export function u16(...values: readonly number[]): Buffer {
  const out = Buffer.alloc(values.length * 2);
  values.forEach((value, i) => {
    out.writeUInt16BE(value, i * 2);
  });
  return out;
}

export function u32(...values: readonly number[]): Buffer {
  const out = Buffer.alloc(values.length * 4);
  values.forEach((value, i) => {
    out.writeUInt32BE(value, i * 4);
  });
  return out;
}

export function u64(value: number): Buffer {
  const out = Buffer.alloc(8);
  out.writeBigUInt64BE(BigInt(value));
  return out;
}

export interface BoxHeader {
  type: string;
  sizeBytes: number;
}

/** Reads a box header; undefined when the bytes are too few or can't be one of ours. */
export function readBoxHeader(bytes: Uint8Array): BoxHeader | undefined {
  if (bytes.byteLength < HEADER_BYTES) return undefined;
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, HEADER_BYTES);
  const sizeBytes = view.readUInt32BE(0);
  if (sizeBytes < HEADER_BYTES) return undefined;
  return { type: view.toString('latin1', 4, 8), sizeBytes };
}
