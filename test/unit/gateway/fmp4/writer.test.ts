/** Goal: what the writer writes reads back box by box. Method: a small parser of its own that must consume every byte. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readSpsFacts } from '../../../../edge/gateway/fmp4/sps.ts';
import { Fmp4Writer } from '../../../../edge/gateway/fmp4/writer.ts';
import { annexB, FORMAT, PPS, SPS, slice, unit } from '../../../support/h264.ts';

const CONTAINERS = new Set(['moov', 'trak', 'mdia', 'minf', 'dinf', 'stbl', 'mvex', 'moof', 'traf']);

/** Flat list of paths to contents; throws unless boxes fill their parents exactly. */
function parse(bytes: Buffer, prefix = ''): Map<string, Buffer> {
  const found = new Map<string, Buffer>();
  let at = 0;
  while (at < bytes.length) {
    const size = bytes.readUInt32BE(at);
    const name = prefix + bytes.toString('latin1', at + 4, at + 8);
    assert.ok(size >= 8 && at + size <= bytes.length, `${name}: size ${size} at ${at}`);
    const content = bytes.subarray(at + 8, at + size);
    found.set(name, content);
    if (CONTAINERS.has(name.slice(-4))) for (const [key, value] of parse(content, `${name}/`)) found.set(key, value);
    at += size;
  }
  return found;
}

function readFragment(bytes: Uint8Array) {
  const all = Buffer.from(bytes);
  const boxes = parse(all);
  const trun = boxes.get('moof/traf/trun');
  const tfdt = boxes.get('moof/traf/tfdt');
  assert.ok(trun && tfdt);
  assert.equal(trun.readUInt32BE(0), 0x000f01);
  const count = trun.readUInt32BE(4);
  const samples = [];
  let at = trun.readUInt32BE(8); // the data offset counts from the start of moof, which begins the fragment
  for (let i = 0; i < count; i++) {
    const sizeBytes = trun.readUInt32BE(16 + i * 16);
    samples.push({
      durationTicks: trun.readUInt32BE(12 + i * 16),
      flags: trun.readUInt32BE(20 + i * 16),
      offsetTicks: trun.readUInt32BE(24 + i * 16),
      data: all.subarray(at, at + sizeBytes),
    });
    at += sizeBytes;
  }
  assert.equal(at, all.length, 'samples fill mdat to its end');
  const sequence = boxes.get('moof/mfhd')?.readUInt32BE(4);
  return { decodeTicks: Number(tfdt.readBigUInt64BE(4)), samples, sequence };
}

test('the init segment describes the stream', () => {
  const writer = new Fmp4Writer(FORMAT);
  assert.equal(writer.codec, 'avc1.42C01F');
  const boxes = parse(Buffer.from(writer.initSegment));
  assert.deepEqual([...boxes.keys()].slice(0, 2), ['ftyp', 'moov']);
  assert.equal(boxes.get('moov/trak/mdia/mdhd')?.readUInt32BE(12), 90_000);
  const tkhd = boxes.get('moov/trak/tkhd');
  assert.equal(tkhd?.length, 84);
  assert.equal(tkhd?.readUInt32BE(76), 1280 * 65536);
  assert.equal(tkhd?.readUInt32BE(80), 720 * 65536);
  assert.equal(boxes.get('moov/mvhd')?.length, 100);
  assert.equal(boxes.get('moov/mvex/trex')?.length, 24);

  const stsd = boxes.get('moov/trak/mdia/minf/stbl/stsd');
  assert.ok(stsd);
  const entry = parse(stsd.subarray(8)).get('avc1');
  assert.ok(entry);
  assert.deepEqual([entry.readUInt16BE(24), entry.readUInt16BE(26)], [1280, 720]);
  const avcC = parse(entry.subarray(78)).get('avcC');
  assert.ok(avcC);
  assert.deepEqual([...avcC.subarray(0, 6)], [1, 0x42, 0xc0, 0x1f, 0xff, 0xe1]);
  assert.equal(avcC.readUInt16BE(6), SPS.length);
  assert.deepEqual(avcC.subarray(8, 8 + SPS.length), SPS);
  assert.deepEqual(avcC.subarray(8 + SPS.length + 3), PPS);
});

test('a fragment holds the coded pictures with lengths, and nothing else of the stream', () => {
  const picture = slice(true, 0x55, 5000);
  const second = slice(true, 0x66, 70);
  const sei = Buffer.from([6, 5, 4, 1, 2, 3, 4]);
  const delimiter = Buffer.from([9, 0xf0]);
  const data = annexB(delimiter, SPS, PPS, sei, picture, second);
  const fragment = new Fmp4Writer(FORMAT).fragment([{ ...unit(40_000, true), data }]);
  const { samples, decodeTicks } = readFragment(fragment);
  assert.equal(decodeTicks, 3600);
  assert.equal(samples.length, 1);
  const lengthOf = (nal: Buffer): Buffer => {
    const out = Buffer.alloc(4);
    out.writeUInt32BE(nal.length);
    return out;
  };
  assert.deepEqual(samples[0]?.data, Buffer.concat([lengthOf(picture), picture, lengthOf(second), second]));
  assert.equal(samples[0]?.flags, 0x02000000);
  assert.ok(!Buffer.from(fragment).includes(sei));
});

test('while the next time is unknown the last difference stands in for it, but never a gap', () => {
  const writer = new Fmp4Writer(FORMAT);
  const durations = [0, 40_000, 120_000, 320_000, 9_000_000].map((ptsUs, i) => {
    const { samples, decodeTicks, sequence } = readFragment(writer.fragment([unit(ptsUs, i === 0)]));
    assert.equal(decodeTicks + (samples[0]?.offsetTicks ?? 0), ptsUs * 0.09);
    assert.equal(sequence, i + 1);
    assert.equal(samples[0]?.flags, i === 0 ? 0x02000000 : 0x01010000);
    return samples[0]?.durationTicks;
  });
  assert.deepEqual(durations, [3600, 3600, 7200, 18_000, 18_000]);
});

test('durations of a fragment of many units add up to its length, from the origin', () => {
  const times = Array.from({ length: 31 }, (_, i) => 1_000_000 + Math.round((i * 1e6) / 29.97));
  const writer = new Fmp4Writer(FORMAT, 1_000_000);
  const units = times.slice(0, 30).map((ptsUs, i) => unit(ptsUs, i === 0, 50 + i));
  const { samples, decodeTicks } = readFragment(writer.fragment(units, times[30]));
  assert.equal(decodeTicks, 0);
  assert.equal(samples.length, 30);
  const sum = samples.reduce((total, sample) => total + sample.durationTicks, 0);
  assert.equal(sum, Math.round(((times[30] ?? 0) - 1_000_000) * 0.09));
});

test('the facts of a high profile come from its parameter set', () => {
  // x264, 1280x720, high profile, 4:2:0, 8 bits
  const high = Buffer.from('67640020acd9405005bb016a02020280000003008000001907', 'hex');
  assert.deepEqual(readSpsFacts(high), { chromaFormat: 1, bitDepthLuma: 8, bitDepthChroma: 8 });
  assert.equal(readSpsFacts(SPS), undefined);
  const boxes = Buffer.from(new Fmp4Writer({ ...FORMAT, sps: high }).initSegment);
  const tail = Buffer.concat([PPS, Buffer.from([0xfd, 0xf8, 0xf8, 0])]);
  assert.ok(boxes.includes(tail), 'avcC ends with chroma format and depths');
  // A cut-off one must not hang.
  assert.ok(readSpsFacts(high.subarray(0, 5)));
});

test('a step that MSE would take for a gap is not in the decode times, and each picture is shown at its time', () => {
  const writer = new Fmp4Writer(FORMAT);
  const timesMs = [0, 40, 80, 83, 240, 280, 320, 1900, 1940, 1980, 2020, 2060];
  let last = { decodeTicks: 0, durationTicks: 0 };
  for (const timeMs of timesMs) {
    const isKey = timeMs === 0;
    const { decodeTicks, samples } = readFragment(writer.fragment([unit(timeMs * 1000, isKey)]));
    const [sample] = samples;
    assert.ok(sample);
    assert.equal(decodeTicks + sample.offsetTicks, timeMs * 90);
    if (!isKey) {
      const stepTicks = decodeTicks - last.decodeTicks;
      assert.ok(stepTicks > 0 && stepTicks <= 2 * last.durationTicks, `${timeMs} ms: a step of ${stepTicks}`);
    }
    last = { decodeTicks, durationTicks: sample.durationTicks };
  }
  const key = readFragment(writer.fragment([unit(9_000_000, true)]));
  assert.deepEqual([key.decodeTicks, key.samples[0]?.offsetTicks], [9000 * 90, 0], 'a key frame starts afresh');
});
