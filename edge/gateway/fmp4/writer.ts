/**
 * Fragmented MP4 from access units: what Media Source Extensions plays, and what segments on disk are made of. Pure: no libav, no IO.
 *
 * Written by hand because the two libraries at hand do not do one fragment per picture: mediabunny starts a fragment only at a key
 * frame (a whole GOP of latency), and mp4box keeps every sample that it was ever given. Fragments carry their own decode time, so
 * the same bytes serve every viewer of a feed and a reader may start at any key frame.
 */

import { NAL_IDR, nalType, splitNals } from '../../base/annexb.ts';
import type { AccessUnit, StreamFormat } from '../feed.ts';
import { box, fullBox, u8, u16, u32, u64 } from './boxes.ts';
import { readSpsFacts } from './sps.ts';

const TIMESCALE = 90_000;
const TRACK_ID = 1;
const SAMPLE_KEY = 0x02000000; // depends on no other sample
const SAMPLE_DELTA = 0x01010000; // depends on others, is no sync sample
/** A longer difference is a gap, and says nothing about the next unit: a guess that long would reach over units that follow. */
const GUESS_US_MAX = 250_000;

/** The types of NAL unit from this to NAL_IDR hold coded pictures. */
const NAL_SLICE = 1;

const MATRIX = u32(0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000);

export class Fmp4Writer {
  /** RFC 6381 string for `MediaSource.isTypeSupported`, e.g. `avc1.64001F`. */
  readonly codec: string;
  /** `ftyp` and `moov`: goes before the first fragment. */
  readonly initSegment: Uint8Array;
  readonly #originUs: number;
  #sequence = 0; // of the newest fragment; they count from 1
  #lastDurationUs: number;
  #lastPtsUs: number | undefined;

  /** `originUs` is subtracted from all times: 0 keeps the feed's own timeline. */
  constructor(format: StreamFormat, originUs = 0) {
    this.#originUs = originUs;
    this.#lastDurationUs = Math.min(GUESS_US_MAX, 1e6 / Math.max(1, format.frameRate));
    this.codec = codecString(format);
    this.initSegment = initSegment(format);
  }

  /**
   * `moof` and `mdat` of one or more units in order. `endPtsUs` is the time of the unit that follows the last one; while it is not
   * known yet the last difference stands in for it, and the next fragment's own time puts it right.
   */
  fragment(units: readonly AccessUnit[], endPtsUs?: number): Uint8Array {
    const first = units[0];
    if (first === undefined) throw new Error('a fragment needs at least one access unit');
    if (this.#lastPtsUs !== undefined) this.#noteDuration(first.ptsUs - this.#lastPtsUs);

    const payload: Uint8Array[] = [];
    const entries: number[] = [];
    units.forEach((unit, i) => {
      const nextPtsUs = units[i + 1]?.ptsUs ?? endPtsUs;
      if (nextPtsUs !== undefined) this.#noteDuration(nextPtsUs - unit.ptsUs);
      const sample = lengthPrefixed(unit.data);
      payload.push(...sample.parts);
      // From the rounded times, so that the durations of a long fragment add up to its length.
      const startTicks = this.#ticks(unit.ptsUs);
      const endTicks = this.#ticks(nextPtsUs ?? unit.ptsUs + this.#lastDurationUs);
      entries.push(Math.max(1, endTicks - startTicks), sample.sizeBytes, unit.isKey ? SAMPLE_KEY : SAMPLE_DELTA);
      this.#lastPtsUs = unit.ptsUs;
    });

    this.#sequence++;
    const moofOf = (dataOffset: number): Buffer =>
      box(
        'moof',
        fullBox('mfhd', 0, 0, u32(this.#sequence)),
        box(
          'traf',
          fullBox('tfhd', 0, 0x020000, u32(TRACK_ID)), // default-base-is-moof
          fullBox('tfdt', 1, 0, u64(this.#ticks(first.ptsUs))),
          // data offset, and per sample duration, size and flags
          fullBox('trun', 0, 0x000701, u32(units.length, dataOffset, ...entries)),
        ),
      );
    const moof = moofOf(moofOf(0).byteLength + 8);
    return Buffer.concat([moof, box('mdat', ...payload)]);
  }

  #ticks(ptsUs: number): number {
    return Math.max(0, Math.round(((ptsUs - this.#originUs) * TIMESCALE) / 1e6));
  }

  #noteDuration(durationUs: number): void {
    if (durationUs > 0 && durationUs <= GUESS_US_MAX) this.#lastDurationUs = durationUs;
  }
}

/** Keeps coded pictures only: parameter sets stand in `avcC`, and whatever else a stream could carry has no place here. */
function lengthPrefixed(annexB: Uint8Array): { parts: Uint8Array[]; sizeBytes: number } {
  const parts: Uint8Array[] = [];
  let sizeBytes = 0;
  for (const unit of splitNals(annexB)) {
    const type = nalType(unit);
    if (type < NAL_SLICE || type > NAL_IDR) continue;
    parts.push(u32(unit.byteLength), unit);
    sizeBytes += 4 + unit.byteLength;
  }
  return { parts, sizeBytes };
}

function codecString(format: StreamFormat): string {
  const [, profile = 0, compatibility = 0, level = 0] = format.sps;
  const hex = (value: number): string => value.toString(16).toUpperCase().padStart(2, '0');
  return `avc1.${hex(profile)}${hex(compatibility)}${hex(level)}`;
}

function initSegment(format: StreamFormat): Uint8Array {
  const ftyp = box('ftyp', Buffer.from('iso5'), u32(512), Buffer.from('iso5iso6mp41avc1'));
  const mvhd = fullBox(
    'mvhd',
    0,
    0,
    u32(0, 0, TIMESCALE, 0, 0x10000),
    u16(0x0100, 0),
    u32(0, 0),
    MATRIX,
    u32(0, 0, 0, 0, 0, 0, TRACK_ID + 1),
  );
  const trex = fullBox('trex', 0, 0, u32(TRACK_ID, 1, 0, 0, 0));
  return Buffer.concat([ftyp, box('moov', mvhd, track(format), box('mvex', trex))]);
}

function track(format: StreamFormat): Buffer {
  const tkhd = fullBox(
    'tkhd',
    0,
    3, // enabled, in movie
    u32(0, 0, TRACK_ID, 0, 0, 0, 0),
    u16(0, 0, 0, 0),
    MATRIX,
    u32(format.widthPx * 0x10000, format.heightPx * 0x10000),
  );
  const mdhd = fullBox('mdhd', 0, 0, u32(0, 0, TIMESCALE, 0), u16(0x55c4, 0)); // language: und
  const hdlr = fullBox('hdlr', 0, 0, u32(0), Buffer.from('vide'), u32(0, 0, 0), Buffer.from('video\0'));
  const dinf = box('dinf', fullBox('dref', 0, 0, u32(1), fullBox('url ', 0, 1)));
  const stbl = box(
    'stbl',
    fullBox('stsd', 0, 0, u32(1), sampleEntry(format)),
    fullBox('stts', 0, 0, u32(0)),
    fullBox('stsc', 0, 0, u32(0)),
    fullBox('stsz', 0, 0, u32(0, 0)),
    fullBox('stco', 0, 0, u32(0)),
  );
  const minf = box('minf', fullBox('vmhd', 0, 1, u16(0, 0, 0, 0)), dinf, stbl);
  return box('trak', tkhd, box('mdia', mdhd, hdlr, minf));
}

function sampleEntry(format: StreamFormat): Buffer {
  return box(
    'avc1',
    u8(0, 0, 0, 0, 0, 0),
    u16(1, 0, 0), // data reference, reserved
    u32(0, 0, 0),
    u16(format.widthPx, format.heightPx),
    u32(0x480000, 0x480000, 0), // 72 dpi
    u16(1), // pictures per sample
    Buffer.alloc(32), // compressor name
    u16(24, 0xffff),
    avcConfiguration(format),
  );
}

function avcConfiguration({ sps, pps }: StreamFormat): Buffer {
  const facts = readSpsFacts(sps);
  const high =
    facts === undefined
      ? u8()
      : u8(0xfc | facts.chromaFormat, 0xf8 | (facts.bitDepthLuma - 8), 0xf8 | (facts.bitDepthChroma - 8), 0);
  return box(
    'avcC',
    u8(1, sps[1] ?? 0, sps[2] ?? 0, sps[3] ?? 0, 0xff), // lengths have 4 bytes
    u8(0xe1),
    u16(sps.byteLength),
    sps,
    u8(1),
    u16(pps.byteLength),
    pps,
    high,
  );
}
