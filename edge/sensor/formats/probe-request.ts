/**
 * Who sent a probe request, for which network, and how strong it was. Sources: radiotap.org (header, its bit numbers and alignments) and IEEE
 * 802.11-2020, 9.3.3.9 and 9.4.2.2. No other element is looked at: the set that a device sends is its fingerprint.
 */

export interface ProbeRequest {
  mac: string;
  /** Left out for the wildcard. */
  ssid?: string;
  /** dBm; left out where the header has none. */
  rssi?: number;
}

/** Frame control, first byte: version 0, type management, subtype probe request. */
const PROBE_REQUEST = 0x40;
const ORDER_BIT = 0x80;
const MANAGEMENT_HEADER_BYTES = 24;
const HT_CONTROL_BYTES = 4;
const SOURCE_ADDRESS_AT = 10;
const ADDRESS_BYTES = 6;
const SSID_ELEMENT = 0;
const SSID_BYTES_MAX = 32;

const BAD_FCS_FLAG = 0x40;
const MORE_PRESENT_BIT = 31;
/** Radiotap fields up to the signal: bit, size and alignment in bytes. */
const TSFT = { bit: 0, size: 8, alignment: 8 };
const FLAGS = { bit: 1, size: 1, alignment: 1 };
const RATE = { bit: 2, size: 1, alignment: 1 };
const CHANNEL = { bit: 3, size: 4, alignment: 2 };
const FHSS = { bit: 4, size: 2, alignment: 1 };
const SIGNAL = { bit: 5, size: 1, alignment: 1 };

const lossy = new TextDecoder('utf-8');

/** Undefined for every other frame, for damaged ones, and where the network's name is cut off: it might have said `_nomap`. */
export function probeRequestOf(frame: DataView, hasRadiotap: boolean): ProbeRequest | undefined {
  const radio = hasRadiotap ? radiotapOf(frame) : { bytes: 0 };
  if (radio === undefined) return undefined;
  const start = radio.bytes;
  if (frame.byteLength < start + MANAGEMENT_HEADER_BYTES || frame.getUint8(start) !== PROBE_REQUEST) return undefined;
  const hasHtControl = (frame.getUint8(start + 1) & ORDER_BIT) !== 0;
  const elementsAt = start + MANAGEMENT_HEADER_BYTES + (hasHtControl ? HT_CONTROL_BYTES : 0);
  const name = networkNameOf(frame, elementsAt);
  if (name === undefined) return undefined;
  const address = new Uint8Array(frame.buffer, frame.byteOffset + start + SOURCE_ADDRESS_AT, ADDRESS_BYTES);
  return {
    mac: Buffer.from(address).toString('hex'),
    ...(name === '' ? {} : { ssid: name }),
    ...(radio.signalDbm === undefined ? {} : { rssi: radio.signalDbm }),
  };
}

function radiotapOf(frame: DataView): { bytes: number; signalDbm?: number } | undefined {
  if (frame.byteLength < 8 || frame.getUint8(0) !== 0) return undefined;
  const bytes = frame.getUint16(2, true);
  if (bytes < 8 || bytes > frame.byteLength) return undefined;
  const present = frame.getUint32(4, true);
  let at = 8;
  // Each further word of presence bits is announced by the highest bit of the one before.
  for (let word = present; word >>> MORE_PRESENT_BIT === 1; at += 4) {
    if (at + 4 > bytes) return undefined;
    word = frame.getUint32(at, true);
  }
  let signalDbm: number | undefined;
  for (const field of [TSFT, FLAGS, RATE, CHANNEL, FHSS, SIGNAL]) {
    if (((present >>> field.bit) & 1) === 0) continue;
    at = Math.ceil(at / field.alignment) * field.alignment;
    if (at + field.size > bytes) return undefined;
    // What failed its checksum may show an address that nobody has.
    if (field === FLAGS && (frame.getUint8(at) & BAD_FCS_FLAG) !== 0) return undefined;
    if (field === SIGNAL) signalDbm = frame.getInt8(at);
    at += field.size;
  }
  return signalDbm === undefined ? { bytes } : { bytes, signalDbm };
}

/** Empty for the wildcard, undefined when it is not there whole. */
function networkNameOf(frame: DataView, elementsAt: number): string | undefined {
  let at = elementsAt;
  while (at + 2 <= frame.byteLength) {
    const size = frame.getUint8(at + 1);
    if (frame.getUint8(at) === SSID_ELEMENT) {
      if (size > SSID_BYTES_MAX || at + 2 + size > frame.byteLength) return undefined;
      return lossy.decode(new Uint8Array(frame.buffer, frame.byteOffset + at + 2, size));
    }
    at += 2 + size;
  }
  return undefined;
}
