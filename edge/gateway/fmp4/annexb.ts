/** H.264 byte streams: finding NAL units, and the few facts of a sequence parameter set that containers repeat. Pure. */

const START_CODE = Buffer.from([0, 0, 1]);

export const NAL_SLICE = 1;
export const NAL_IDR = 5;
export const NAL_SPS = 7;
export const NAL_PPS = 8;

/** The NAL units of an Annex B byte stream, as views without start codes. Bytes before the first start code are ignored. */
export function splitNalUnits(annexB: Uint8Array): Uint8Array[] {
  const bytes = Buffer.from(annexB.buffer, annexB.byteOffset, annexB.byteLength);
  const units: Uint8Array[] = [];
  let start = bytes.indexOf(START_CODE);
  while (start !== -1) {
    const begin = start + START_CODE.length;
    const next = bytes.indexOf(START_CODE, begin);
    let end = next === -1 ? bytes.length : next;
    // A NAL unit never ends in a zero byte: what is there belongs to a longer start code or is padding.
    while (end > begin && bytes[end - 1] === 0) end--;
    if (end > begin) units.push(bytes.subarray(begin, end));
    start = next;
  }
  return units;
}

export function nalType(unit: Uint8Array): number {
  return (unit[0] ?? 0) & 0x1f;
}

/** Chroma format and bit depths, which `avcC` repeats for the high profiles. */
export interface SpsFacts {
  chromaFormat: number;
  bitDepthLuma: number;
  bitDepthChroma: number;
}

/** Profiles whose parameter set carries the chroma format; all others are 4:2:0 with 8 bits. */
const HIGH_PROFILES = new Set([100, 110, 122, 144, 244]);

/** Reads the facts from a raw SPS NAL unit; undefined for profiles that do not carry them. */
export function readSpsFacts(sps: Uint8Array): SpsFacts | undefined {
  if (!HIGH_PROFILES.has(sps[1] ?? 0)) return undefined;
  const bits = new ExpGolombReader(sps.subarray(4));
  bits.unsigned(); // seq_parameter_set_id
  const chromaFormat = bits.unsigned();
  if (chromaFormat === 3) bits.bit(); // separate_colour_plane_flag
  return { chromaFormat, bitDepthLuma: 8 + bits.unsigned(), bitDepthChroma: 8 + bits.unsigned() };
}

class ExpGolombReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** Past the end there are only ones, so that a truncated unit ends the reading instead of looping. */
  bit(): number {
    const byte = this.#bytes[this.#at >> 3] ?? 0xff;
    return (byte >> (7 - (this.#at++ & 7))) & 1;
  }

  unsigned(): number {
    let zeros = 0;
    while (zeros < 31 && this.bit() === 0) zeros++;
    let value = 1;
    for (let i = 0; i < zeros; i++) value = value * 2 + this.bit();
    return value - 1;
  }
}
