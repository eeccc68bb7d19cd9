/** Finds the NAL units of an H.264 Annex B byte stream. */

/** The NAL units between start codes, as views, without zero bytes around them. Bytes before the first start code are ignored. */
export function splitAnnexB(data: Uint8Array): Buffer[] {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  const nals: Buffer[] = [];
  let start = nextStartCode(bytes, 0);
  while (start !== -1) {
    const begin = start + 3;
    const next = nextStartCode(bytes, begin);
    let end = next === -1 ? bytes.length : next;
    while (end > begin && bytes[end - 1] === 0) end--;
    if (end > begin) nals.push(bytes.subarray(begin, end));
    start = next;
  }
  return nals;
}

const START_CODE = Buffer.from([0, 0, 1]);

function nextStartCode(bytes: Buffer, from: number): number {
  return bytes.indexOf(START_CODE, from);
}
