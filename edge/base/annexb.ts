/** H.264 Annex B byte streams: split into NAL units, and keep only what a viewer needs. */

const NAL_SEI = 6;
export const NAL_IDR = 5;
export const NAL_SPS = 7;
export const NAL_PPS = 8;

const START_CODE = Buffer.from([0, 0, 1]);

export const nalType = (nal: Uint8Array): number => nal[0]! & 0x1f;

/** The NAL units between start codes, as views, without zero bytes around them. Bytes before the first start code are ignored. */
export function splitNals(stream: Uint8Array): Uint8Array[] {
  // Buffer's search is native; the views are of the input's own kind, so that `slice()` of one copies where the input's would.
  const bytes = Buffer.from(stream.buffer, stream.byteOffset, stream.byteLength);
  const nals: Uint8Array[] = [];
  let start = bytes.indexOf(START_CODE);
  while (start !== -1) {
    const begin = start + START_CODE.length;
    const next = bytes.indexOf(START_CODE, begin);
    let end = next === -1 ? bytes.length : next;
    while (end > begin && bytes[end - 1] === 0) end--;
    if (end > begin) nals.push(stream.subarray(begin, end));
    start = next;
  }
  return nals;
}

/** The stream without SEI units: encoders write their settings there, and user data would be a way out. */
export function withoutSei(stream: Uint8Array): { data: Uint8Array; nals: Uint8Array[] } {
  const all = splitNals(stream);
  const nals = all.filter((nal) => nalType(nal) !== NAL_SEI);
  if (nals.length === all.length) return { data: stream, nals };
  return { data: joinNals(nals), nals };
}

/** Units with four-byte start codes. */
export function joinNals(nals: readonly Uint8Array[]): Uint8Array {
  const data = new Uint8Array(nals.reduce((sum, nal) => sum + 4 + nal.length, 0));
  let at = 0;
  for (const nal of nals) {
    data[at + 3] = 1;
    data.set(nal, at + 4);
    at += 4 + nal.length;
  }
  return data;
}
