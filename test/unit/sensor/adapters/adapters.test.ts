/**
 * Goal: each adapter reads its formats, and nothing beside its table. Method: the corpus line by line against what must come out, and messages
 * that are too large, too deep, not UTF-8, of the wrong type, or hostile.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { UserError } from '../../../../edge/base/errors.ts';
import { MESSAGE_BYTES_MAX } from '../../../../edge/base/limits.ts';
import { adapterNamed, adapterNames } from '../../../../edge/sensor/adapters/index.ts';
import type { ParseResult } from '../../../../edge/sensor/reading.ts';
import { bytesOf, corpusOf } from '../../../support/sensor-corpus.ts';

const RECEIVED_MS = Date.UTC(2026, 2, 2, 12);
/** The time of most of the corpus. */
const EIGHT = Date.UTC(2026, 2, 2, 8);

function parse(adapter: string, message: unknown): ParseResult {
  return adapterNamed(adapter).parse(bytesOf(message), RECEIVED_MS);
}

const place = { lat: 36.48, lon: 127.289 };

/** By adapter and line: readings as [time, fields] or [time, fields, 'refusal'], and the count of unknown fields. */
const EXPECTED: Record<string, [readings: unknown[][], unknownFields: number][]> = {
  'bike-share': [
    [
      [
        [
          Date.UTC(2026, 2, 2, 8, 14, 40),
          { rider: 'R-1001', origin: place, destination: { lat: 36.501, lon: 127.261 } },
        ],
      ],
      3,
    ],
    [[[Date.UTC(2026, 2, 2, 0), { rider: 'u-77', origin: place }]], 1],
  ],
  'ble-scans': [
    [[[EIGHT, { address: 'c0:ff:ee:00:00:01', name: 'Phone of Kim', rssiDbm: -71 }]], 1],
    [[[EIGHT, { address: 'c0:ff:ee:00:00:02', rssiDbm: -80 }, 'refusal']], 0],
    [[[EIGHT + 123, { address: 'c0:ff:ee:00:00:03', position: { lat: 36.48, lon: 127.28 } }]], 1],
  ],
  'docking-stations': [
    [
      [
        [EIGHT - 10_000, { bikesAvailable: 4, docksAvailable: 11 }],
        [EIGHT, { bikesAvailable: 0, docksAvailable: 15, docksOutOfService: 1 }],
      ],
      4,
    ],
    [[[RECEIVED_MS, { bikesAvailable: 7, position: place }]], 1],
    [[[EIGHT, { bikesAvailable: 3, position: place }]], 1],
  ],
  environment: [
    [
      [[EIGHT, { noiseDb: 62.5, noiseMaxDb: 81, pm25: 14, pm10: 22, no2: 31.5, temperatureC: 4.5, humidityPct: 61 }]],
      1,
    ],
    [[[EIGHT, { pm10: 30 }]], 4],
  ],
  gps: [
    [[[EIGHT, { trace: 't-9', position: place, speedKmh: 23.5 }]], 2],
    [[[EIGHT, { trace: 'kj', position: place, speedKmh: 4 }]], 2],
    [[[EIGHT, { trace: 'urn:ngsi-ld:Vehicle:5', position: place, speedKmh: 40 }]], 1],
  ],
  lorawan: [
    [
      [[EIGHT, { occupied: 1, temperatureC: 3.5, batteryPct: 88, device: '70b3d50000000007', rssiDbm: -97, snrDb: 7 }]],
      9,
    ],
    [[[EIGHT, { peopleIn: 3, peopleOut: 2, device: '70b3d50000000008', rssiDbm: -35, snrDb: 11.5 }]], 7],
    [[[EIGHT, { batteryPct: 100, device: '70b3d50000000009', rssiDbm: -38, snrDb: 8.8 }]], 2],
    [[[EIGHT, { device: '70b3d5000000000a', rssiDbm: -114, snrDb: 4.75 }]], 5],
  ],
  lpr: [
    [[[EIGHT, { plate: '12가3456', direction: 'in' }]], 4],
    [[[EIGHT, { plate: '1AB123', make: 'kia', colour: 'white', speedKmh: 48, direction: 'towards', lane: 'l1' }]], 4],
    [
      [
        [EIGHT, { plate: '1AB124', vehicleType: 'car', colour: 'red', make: 'hyundai' }],
        [EIGHT, { plate: '1AB125', vehicleType: 'bus' }],
      ],
      6,
    ],
    [[[EIGHT, { plate: '1AB126' }]], 1],
    [[[EIGHT, { plate: '0123456789ABCDEF0123456789ABCDEF01234567' }]], 2],
    [
      [
        [
          EIGHT,
          {
            plate: 'AB12CDE',
            vehicleType: 'truck',
            make: 'volvo',
            colour: 'blue',
            speedKmh: 31,
            direction: 'out',
            lane: '2',
          },
        ],
      ],
      1,
    ],
  ],
  parking: [
    [[[EIGHT, { occupied: 1, position: place }]], 2],
    [[[EIGHT, { availableSpots: 3, occupiedSpots: 5, totalSpots: 8, position: { lat: 36.5, lon: 127.3 } }]], 0],
    [[[EIGHT, { occupied: 0, position: place }]], 1],
  ],
  'people-counter': [
    [[[EIGHT, { peopleIn: 12, peopleOut: 9 }]], 1],
    [[[EIGHT, { peopleIn: 8, peopleOut: 6, peoplePresent: 14 }]], 2],
  ],
  'camera-counts': [
    [
      [
        [EIGHT, { track: '48151623', class: 'person', direction: 'forward', line: 'zebra' }],
        [EIGHT + 400, { track: '1', class: 'vehicle', direction: 'backward', line: 'road' }],
      ],
      1,
    ],
  ],
  'smart-meter': [
    [[[EIGHT, { meter: 'M-1', meterType: 'electricity', consumptionCoarse: 0.42 }]], 1],
    [[[EIGHT, { meter: '2', consumptionFine: 0.11 }]], 0],
    [[[RECEIVED_MS, { meter: 'urn:ngsi-ld:Device:9', consumptionFine: 7 }]], 1],
  ],
  'transit-card': [
    [[[EIGHT, { card: 'D20220AC3478565F', origin: 'Station A', destination: 'Station B', position: place }]], 2],
  ],
  'wifi-probes': [
    [[[EIGHT, { mac: 'da:a1:19:00:00:01', addressKind: 'randomised', ssid: 'cafe', rssiDbm: -64 }]], 2],
    [[[EIGHT + 104, { mac: '3c:5a:b4:00:00:02', addressKind: 'universal', rssiDbm: -82 }]], 2],
    [
      [
        [RECEIVED_MS, { mac: '3c:5a:b4:00:00:03', addressKind: 'universal', ssid: 'home_nomap' }, 'refusal'],
        [
          RECEIVED_MS,
          { mac: '3c:5a:b4:00:00:04', addressKind: 'universal', ssid: 'my_OptOut_net', rssiDbm: -40 },
          'refusal',
        ],
      ],
      0,
    ],
  ],
  zigbee2mqtt: [
    [[[EIGHT, { occupied: 1, illuminanceLux: 120, linkQuality: 88, batteryPct: 97 }]], 2],
    [[[EIGHT, { open: 1, temperatureC: 19.5, humidityPct: 44 }]], 2],
  ],
};

describe('adapters read their corpus', () => {
  assert.deepEqual(Object.keys(EXPECTED).sort(), adapterNames().sort());
  for (const [adapter, lines] of Object.entries(EXPECTED)) {
    test(adapter, () => {
      const messages = corpusOf(adapter);
      assert.equal(messages.length, lines.length);
      for (const [index, [readings, unknownFields]] of lines.entries()) {
        const result = parse(adapter, messages[index]);
        assert.ok('readings' in result, `line ${index + 1}: ${JSON.stringify(result)}`);
        const found = result.readings.map(({ atMs, fields, isRefusal }) => {
          assert.equal(Object.getPrototypeOf(fields), Object.prototype);
          return isRefusal === true ? [atMs, fields, 'refusal'] : [atMs, fields];
        });
        assert.deepEqual(found, readings, `line ${index + 1}`);
        const dropped = unknownFields === 0 ? {} : { 'field-unknown': unknownFields };
        assert.deepEqual(result.dropped, dropped, `line ${index + 1}`);
      }
    });
  }
});

test('an unknown adapter is a mistake of the user, and the names are listed', () => {
  assert.throws(
    () => adapterNamed('lora'),
    (error: unknown) =>
      error instanceof UserError && adapterNames().every((name) => error.fix?.includes(name) === true),
  );
});

describe('messages are refused', () => {
  const refused = (adapter: string, message: Uint8Array | unknown): [string, string] => {
    const bytes = message instanceof Uint8Array ? message : bytesOf(message);
    const result = adapterNamed(adapter).parse(bytes, RECEIVED_MS);
    assert.ok('refused' in result, JSON.stringify(result));
    return [result.refused, result.detail];
  };

  test('by size, encoding and form', () => {
    assert.equal(refused('lpr', new Uint8Array(MESSAGE_BYTES_MAX + 1))[0], 'too-large');
    assert.equal(refused('lpr', new Uint8Array([0x22, 0xff, 0x22]))[0], 'not-utf8');
    assert.equal(refused('lpr', new Uint8Array())[0], 'malformed');
    assert.equal(refused('lpr', '{"plate": "A"')[0], 'malformed');
    assert.equal(refused('lpr', { temperature: 1 })[0], 'malformed');
    assert.equal(refused('lpr', '7')[0], 'malformed');
    assert.equal(
      refused(
        'lpr',
        Array.from({ length: 257 }, () => ({ plate: 'A' })),
      )[0],
      'too-large',
    );
    assert.equal(refused('environment', { id: 'x', type: 'Vehicle', battery: 0.8 })[0], 'malformed');
    assert.equal(refused('environment', { temperature: null })[0], 'malformed');
  });

  test('by the type and bounds of one field, which is named without its value', () => {
    assert.deepEqual(refused('environment', { temperature: 2000 }), ['schema', 'temperature: too_big']);
    assert.deepEqual(refused('wifi-probes', { mac: 'da:a1:19:00:00' }), ['schema', 'mac: invalid_format']);
    assert.deepEqual(refused('gps', { lat: 1, lon: 2 }), ['schema', 'trace: custom']);
    assert.equal(refused('environment', { temperature: '0x10' })[0], 'schema');
    assert.equal(refused('environment', { temperature: '1e99' })[0], 'schema');
    assert.equal(refused('people-counter', { in: -1 })[0], 'schema');
    assert.equal(refused('lorawan', { deviceInfo: { devEui: 'a' }, object: { temperature: 'warm' } })[0], 'schema');
  });

  test('by an event time that can not be', () => {
    for (const time of ['1969-12-31T23:59:59Z', '2026-02-30T00:00:00Z', '2026-03-04T00:00:00Z', 'yesterday', -1]) {
      assert.equal(refused('environment', { temperature: 1, time })[0], 'clock', String(time));
    }
  });
});

test('event times are read in the usual spellings', () => {
  const spellings: [string | number, number][] = [
    ['2026-03-02T08:00:00Z', EIGHT],
    ['2026-03-02 08:00:00', EIGHT],
    ['2026-03-02T08:00Z', EIGHT],
    ['2026-03-02T17:00:00.5+09:00', EIGHT + 500],
    ['2026-03-02T03:30:00-0430', EIGHT],
    ['2026-03-02T08:00:00.123456789Z', EIGHT + 123],
    [EIGHT / 1000, EIGHT],
    [EIGHT, EIGHT],
    [EIGHT * 1000, EIGHT],
    [String(EIGHT), EIGHT],
    [`${EIGHT}000000`, EIGHT],
  ];
  for (const [time, expected] of spellings) {
    const result = parse('environment', { temperature: 1, time });
    assert.ok('readings' in result, String(time));
    assert.equal(result.readings[0]?.atMs, expected, String(time));
  }
});

test('a bad object of an array does not cost the others', () => {
  const result = parse('wifi-probes', [{ mac: '3c5ab4000001' }, { mac: 'no' }, 7, { mac: '3c5ab4000002', time: 1 }]);
  assert.ok('readings' in result);
  assert.equal(result.readings.length, 1);
  assert.deepEqual(result.dropped, { schema: 1, malformed: 1, clock: 1 });
});

test('deep nesting and many keys cost no stack, and count as one field each', () => {
  const deep = `{"temperature":1,"x":${'['.repeat(30_000)}${']'.repeat(30_000)}}`;
  const result = parse('environment', deep);
  assert.ok('readings' in result);
  assert.deepEqual(result.dropped, { 'field-unknown': 1 });
  const wide = parse('environment', `{"temperature":1${',"a":1'.repeat(9000)}}`);
  assert.ok('readings' in wide);
});

test('deep nesting under any key that an adapter reads is refused or left out, never followed', () => {
  const deep = `${'['.repeat(15_000)}${']'.repeat(15_000)}`;
  for (const adapter of adapterNames()) {
    for (const line of corpusOf(adapter)) {
      const keys = [...line.matchAll(/"([\w.@-]+)":/g)].map(([, key]) => key);
      for (const key of new Set(keys)) {
        const text = line.replace(
          new RegExp(`"${key}":("[^"]*"|[-\\d.]+|true|false|null|[{[])`),
          `"${key}":${deep},"was":$1`,
        );
        assert.ok(text.includes(deep));
        parse(adapter, text);
      }
    }
  }
});

test('hostile messages leave prototypes alone', () => {
  for (const message of corpusOf('hostile')) {
    for (const adapter of adapterNames()) parse(adapter, message);
  }
  assert.equal(({} as Record<string, unknown>)['polluted'], undefined);
  const result = parse('environment', '{"temperature":1,"__proto__":{"polluted":true},"constructor":1}');
  assert.ok('readings' in result);
  assert.deepEqual(result.readings[0]?.fields, { temperatureC: 1 });
  assert.deepEqual(result.dropped, { 'field-unknown': 2 });
});

test('what stands in no table never comes through', () => {
  const planted = ['LEAK-A1', 'LEAK-B2'];
  for (const adapter of adapterNames()) {
    for (const line of corpusOf(adapter)) {
      const value: unknown = JSON.parse(line);
      for (const object of Array.isArray(value) ? value : [value]) {
        Object.assign(object, { 'x-owner': planted[0], nested: { deeper: [{ name: planted[1] }] } });
      }
      const result = parse(adapter, value);
      assert.ok('readings' in result);
      const text = JSON.stringify(result);
      assert.ok(planted.every((leak) => !text.includes(leak)));
    }
  }
});
