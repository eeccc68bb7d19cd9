/** H.264 Annex B byte streams: split into NAL units, and keep only what a viewer needs. */

const NAL_SEI = 6;
export const NAL_IDR = 5;
export const NAL_SPS = 7;
export const NAL_PPS = 8;

export const nalType = (nal: Uint8Array): number => nal[0]! & 0x1f;

/** NAL units without start codes, as views of the input. */
export function splitNals(stream: Uint8Array): Uint8Array[] {
  const nals: Uint8Array[] = [];
  let start = -1;
  const end = stream.length;
  for (let i = 0; i + 2 < end; i++) {
    if (stream[i + 2]! > 1) {
      i += 2; // no start code can begin at any of these three
      continue;
    }
    if (stream[i] !== 0 || stream[i + 1] !== 0 || stream[i + 2] !== 1) continue;
    if (start >= 0) nals.push(stream.subarray(start, trailing(stream, start, i)));
    start = i + 3;
    i += 2;
  }
  if (start >= 0 && start < end) nals.push(stream.subarray(start, end));
  return nals;
}

/** End of a unit: zero bytes before a start code belong to the start code. */
function trailing(stream: Uint8Array, start: number, at: number): number {
  let end = at;
  while (end > start && stream[end - 1] === 0) end--;
  return end;
}

/** The stream without SEI units: encoders write their settings there, and user data would be a way out. */
export function withoutSei(stream: Uint8Array): { data: Uint8Array; nals: Uint8Array[] } {
  const all = splitNals(stream);
  const nals = all.filter((nal) => nal.length > 0 && nalType(nal) !== NAL_SEI);
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
