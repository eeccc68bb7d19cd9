/** The few facts of an H.264 sequence parameter set that `avcC` repeats. Pure. */

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
