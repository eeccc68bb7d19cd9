/**
 * Goal: real payloads of real products are read, and nothing of them comes through that the table does not name. Method: every file of the
 * public sensor data through its adapter, counts against the data's own ground truth; then each identifier-like token of the raw file that
 * stands in no reading's declared field is looked for in all readings.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { adapterNamed, adapterNames } from '../../../../edge/sensor/adapters/index.ts';
import { messagesOf } from '../../../../edge/sensor/formats/index.ts';
import type { Reading } from '../../../../edge/sensor/reading.ts';
import { needs, sharedData } from '../../../support/shared.ts';

const skip = needs(sharedData, 'evaluation data');
const folder = path.join(sharedData ?? '', 'sensors');
const RECEIVED_MS = Date.UTC(2026, 10, 23);

interface Outcome {
  readings: Reading[];
  refused: Record<string, number>;
  damaged: number;
}

async function read(file: string, adapter: string): Promise<Outcome> {
  const outcome: Outcome = { readings: [], refused: {}, damaged: 0 };
  for await (const item of messagesOf(path.join(folder, file))) {
    if (item.kind === 'damaged') outcome.damaged += 1;
    if (item.kind !== 'message') continue;
    const result = adapterNamed(adapter).parse(item.bytes, RECEIVED_MS);
    if ('refused' in result) outcome.refused[result.refused] = (outcome.refused[result.refused] ?? 0) + 1;
    else outcome.readings.push(...result.readings);
  }
  return outcome;
}

function countBy<Item>(items: readonly Item[], keyOf: (item: Item) => unknown): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const item of items) counts[String(keyOf(item))] = (counts[String(keyOf(item))] ?? 0) + 1;
  return counts;
}

/** Names of all fields of all readings. */
function namesOf(readings: readonly Reading[]): string[] {
  return [...new Set(readings.flatMap(({ fields }) => Object.keys(fields)))].sort();
}

const whole = (file: string): string => readFileSync(path.join(folder, file), 'utf8');

for (const capture of ['brno_sc6-61_2023-04-17_anonymized', 'polimi_iPhoneXR-A_anonymized']) {
  test(`the capture ${capture} holds the frames and addresses of its ground truth`, { skip }, async () => {
    const truth = JSON.parse(whole(`wifi/${capture}.pcap.truth.json`));
    const { readings, refused, damaged } = await read(`wifi/${capture}.pcap`, 'wifi-probes');
    assert.equal(readings.length, truth.frames);
    assert.deepEqual([refused, damaged], [{}, 0]);
    assert.deepEqual(
      countBy(readings, ({ fields }) => fields['mac']),
      truth.source_addresses,
    );
    assert.deepEqual(
      countBy(
        readings.filter(({ fields }) => fields['ssid'] !== undefined),
        ({ fields }) => fields['ssid'],
      ),
      truth.probe_ssids,
    );
    assert.ok(readings.every(({ fields }) => typeof fields['rssiDbm'] === 'number' && fields['rssiDbm'] < -20));
  });
}

test('the capture and the list that its publishers made of it agree row by row', { skip }, async () => {
  const capture = await read('wifi/brno_sc6-61_2023-04-17_anonymized.pcap', 'wifi-probes');
  const list = await read('wifi/brno_sc6-61_2023-04-17_ver-99.csv', 'wifi-probes');
  assert.equal(list.readings.length, 511);
  assert.deepEqual(
    list.readings.map(({ fields }) => fields),
    capture.readings.map(({ fields }) => fields),
  );
  // The list is in local time, two hours ahead.
  const aheadMs = list.readings.map(({ atMs }, index) => atMs - (capture.readings[index]?.atMs ?? 0));
  assert.ok(aheadMs.every((ms) => Math.abs(ms - 7_200_000) <= 1));
});

/** Rows that are not empty, less the header. */
const rowsOf = (file: string): number =>
  whole(file)
    .split('\n')
    .filter((line) => line.trim() !== '').length - 1;

test('Bluetooth scans: every row, and no name or distance', { skip }, async () => {
  for (const file of ['ble/zurich_Experiment_2.csv', 'ble/zurich_ble_devices_1min_150m_4oc.csv']) {
    const { readings, refused } = await read(file, 'ble-scans');
    assert.equal(readings.length, rowsOf(file), file);
    assert.deepEqual(refused, {});
    const addresses = new Set(
      whole(file)
        .toLowerCase()
        .match(/\b([0-9a-f]{2}:){5}[0-9a-f]{2}\b/g),
    );
    assert.deepEqual(new Set(readings.map(({ fields }) => fields['address'])), addresses);
    const second = file.includes('Experiment') ? 'rssiDbm' : 'position';
    assert.deepEqual(namesOf(readings), ['address', second]);
  }
});

test('plate reads: all 1500, with as many plates as hashes', { skip }, async () => {
  const file = 'lpr/seattle_alpr_reads_sample.csv';
  const { readings, refused } = await read(file, 'lpr');
  assert.equal(readings.length, 1500);
  assert.deepEqual(refused, {});
  const hashes = new Set(
    whole(file)
      .match(/\b[0-9a-f]{40}\b/g)
      ?.map((hash) => hash.toUpperCase()),
  );
  assert.deepEqual(new Set(readings.map(({ fields }) => fields['plate'])), hashes);
  assert.deepEqual(namesOf(readings), ['plate', 'position']);
  const [first] = readings.map(({ atMs }) => atMs).sort((a, b) => a - b);
  assert.equal(first, Date.UTC(2021, 9, 1, 0, 25, 13));
});

test('GPX: every track point', { skip }, async () => {
  for (const [file, points] of [
    ['gps/around-visnjan-with-car.gpx', 104],
    ['gps/korita-zbevnica.gpx', 871],
  ] as const) {
    assert.equal(whole(file).match(/<trkpt /g)?.length, points);
    const { readings, damaged } = await read(file, 'gps');
    assert.equal(readings.length, points);
    assert.equal(damaged, 0);
    assert.deepEqual(namesOf(readings), ['position', 'trace']);
    assert.equal(new Set(readings.map(({ fields }) => fields['trace'])).size, 1);
  }
});

/** By the beginning of the name; what is not here is read by no adapter. */
const ADAPTER_OF: [prefix: string, adapter: string][] = [
  ['AnonymousCommuterId', 'transit-card'],
  ['AnprFlowObserved', 'lpr'],
  ['BikeHireDockingStation', 'docking-stations'],
  ['OnStreetParking', 'parking'],
  ['ParkingSpot', 'parking'],
  ['SmartMeteringObservation', 'smart-meter'],
  ['Vehicle', 'gps'],
  ['platerecognizer', 'lpr'],
  ['Bosch', 'lorawan'],
  ['Decentlab', 'lorawan'],
  ['Milesight', 'lorawan'],
];

/** Names and numbers that could point at somebody or something: ten characters and more, or with digits and letters mixed. */
function tokensOf(text: string): Set<string> {
  const tokens = text.match(/[\p{L}\p{N}@:+_./-]{4,}/gu) ?? [];
  return new Set(tokens.filter((token) => token.length >= 10 || (/\d/.test(token) && /\p{L}/u.test(token))));
}

test('every other payload is read by its adapter and by no other, and only declared fields come through', {
  skip,
}, async () => {
  const files = ['lorawan', 'ngsi-ld', 'lpr'].flatMap((kind) =>
    readdirSync(path.join(folder, kind)).map((name) => ({ kind, name })),
  );
  let read = 0;
  for (const { kind, name } of files.filter((file) => !file.name.endsWith('.csv'))) {
    const own = ADAPTER_OF.find(([prefix]) => name.startsWith(prefix))?.[1];
    const bytes = readFileSync(path.join(folder, kind, name));
    for (const adapter of adapterNames()) {
      const result = adapterNamed(adapter).parse(bytes, RECEIVED_MS);
      assert.equal('readings' in result, adapter === own, `${name}: ${adapter}`);
      if (!('readings' in result)) continue;
      read += 1;
      const { fields: specs } = adapterNamed(adapter);
      for (const { fields } of result.readings) {
        for (const field of Object.keys(fields)) assert.ok(Object.hasOwn(specs, field), `${name}: ${field}`);
        // What is released of a reading stands in fields that are no identifier.
        const plain = Object.entries(fields).filter(([field]) => specs[field]?.category !== 'device-id');
        const text = JSON.stringify(plain.map(([, value]) => value)).toLowerCase();
        const allowed = /^[\d.:+-]+$|^d20220ac3478565f$|^1-abc-123$|^rle11684$|^abc123$|^electricity$/i;
        for (const token of tokensOf(bytes.toString())) {
          if (!allowed.test(token)) assert.ok(!text.includes(token.toLowerCase()), `${name}: ${token}`);
        }
      }
    }
  }
  assert.equal(read, files.length - 1 - files.filter(({ name }) => name.startsWith('Camera')).length);
});

test('the two spellings of an entity give the same figures', { skip }, async () => {
  for (const [entity, adapter] of [
    ['BikeHireDockingStation', 'docking-stations'],
    ['OnStreetParking', 'parking'],
    ['ParkingSpot', 'parking'],
    ['AnonymousCommuterId', 'transit-card'],
    ['AnprFlowObserved', 'lpr'],
  ] as const) {
    const plain = await read(`ngsi-ld/${entity}.example.json`, adapter);
    const normalized = await read(`ngsi-ld/${entity}.example-normalized.jsonld`, adapter);
    assert.equal(plain.readings.length, 1);
    assert.deepEqual(
      normalized.readings.map(({ fields }) => fields),
      plain.readings.map(({ fields }) => fields),
    );
  }
});
