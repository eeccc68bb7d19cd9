/**
 * Reads of plate cameras: Axis and FF Group events, Plate Recognizer, NGSI-LD `AnprFlowObserved`, exported reads, or plain JSON. A plate tells
 * vehicles apart inside one window; a hashed one is no better, since the same hash follows the vehicle. Pictures, their paths and the boxes
 * in them are not read.
 */
import { z } from 'zod';
import { calendarMs } from './event-time.ts';
import { form, jsonAdapter } from './json-adapter.ts';
import { flag, groupWord, identifier, idOf, latitude, longitude, numeric, positionOf, time, word } from './values.ts';

const SPEED_KMH_MAX = 400;
/** Plates in one picture. */
const PLATES_MAX = 32;

const plate = () => z.string().max(64).nullish();

const axisEvent = z.object({
  capture_timestamp: time(),
  plateUTF8: plate(),
  plateText: plate(),
  carMoveDirection: word(),
});

/** `{"name": ..., "confidence": ...}` or the name alone. */
const named = z.union([z.string().max(64), z.object({ name: word() })]).nullish();

const flowObserved = z.object({
  type: z.literal('AnprFlowObserved'),
  observedAt: time(),
  dateObserved: time(),
  laneId: word(),
  vehiclePlateNotRead: flag(),
  observedVehicle: z
    .object({
      direction: word(),
      speed: numeric(0, SPEED_KMH_MAX),
      brand: named,
      color: named,
      vehicleType: named,
      licensePlate: z.union([z.string().max(64), z.object({ identifier: plate() })]).nullish(),
    })
    .nullish(),
});

const recognition = z.object({
  plate: plate(),
  vehicle: z.object({ type: word() }).nullish(),
  color: z
    .array(z.object({ color: word() }))
    .max(16)
    .nullish(),
  model_make: z
    .array(z.object({ make: word() }))
    .max(16)
    .nullish(),
});

const recognitions = z.object({ timestamp: time(), results: z.array(recognition).max(PLATES_MAX) });
const streamRecognitions = z.object({ data: recognitions });

/** R writes `NA` for what is missing. */
const orMissing = <Schema extends z.ZodType>(schema: Schema) =>
  z.preprocess((value) => (value === 'NA' ? undefined : value), schema).optional();

const exportedRead = z.object({
  plate_hash: orMissing(plate()),
  dt: z.string().max(40).nullish(),
  lat: orMissing(latitude()),
  lon: orMissing(longitude()),
});

const plain = z.object({
  time: time(),
  timestamp: time(),
  plate: identifier(),
  direction: word(),
  lane: identifier(),
  speedKmh: numeric(0, SPEED_KMH_MAX),
  vehicleType: word(),
  colour: word(),
  color: word(),
  make: word(),
  lat: latitude(),
  lon: longitude(),
});

export const lpr = jsonAdapter({
  name: 'lpr',
  about: 'Plate camera reads: Axis and FF Group, Plate Recognizer, NGSI-LD AnprFlowObserved, exported reads',
  fields: {
    plate: { type: 'string', category: 'plate', about: 'Plate, or the hash of one' },
    vehicleType: { type: 'string', category: 'vehicle-description', about: 'car, truck, bus, ...' },
    make: { type: 'string', category: 'vehicle-description', about: 'Maker of the vehicle' },
    colour: { type: 'string', category: 'vehicle-description', about: 'Colour of the vehicle' },
    speedKmh: { type: 'number', category: 'vehicle-description', about: 'Speed, km/h' },
    direction: { type: 'string', category: 'count', about: 'in, out, towards, away: as the camera names it' },
    lane: { type: 'string', category: 'count', about: 'Lane, as the camera names it' },
    position: { type: 'position', category: 'location-trace', about: 'Where a moving reader saw the vehicle' },
  },
  forms: [
    form(
      (object) => 'plateUTF8' in object || 'plateText' in object,
      axisEvent,
      (value) => [
        {
          at: value.capture_timestamp,
          fields: { plate: plateOf(value.plateUTF8 ?? value.plateText), direction: groupWord(value.carMoveDirection) },
        },
      ],
    ),
    form(
      (object) => object['type'] === 'AnprFlowObserved',
      flowObserved,
      ({ observedVehicle: seen, ...value }) => {
        const read = typeof seen?.licensePlate === 'object' ? seen.licensePlate?.identifier : seen?.licensePlate;
        return [
          {
            at: value.observedAt ?? value.dateObserved,
            fields: {
              plate: value.vehiclePlateNotRead === 1 ? undefined : plateOf(read),
              vehicleType: typeOf(nameOf(seen?.vehicleType)),
              make: nameOf(seen?.brand),
              colour: nameOf(seen?.color),
              speedKmh: seen?.speed,
              direction: groupWord(seen?.direction),
              lane: groupWord(value.laneId),
            },
          },
        ];
      },
    ),
    form((object) => 'results' in object, recognitions, recognised),
    form(
      (object) => 'data' in object && 'hook' in object,
      streamRecognitions,
      ({ data }) => recognised(data),
    ),
    form(
      (object) => 'plate_hash' in object,
      exportedRead,
      (value) => [
        {
          at: exportedTimeMs(value.dt ?? ''),
          fields: { plate: plateOf(value.plate_hash), position: positionOf(value.lat, value.lon) },
        },
      ],
    ),
    form(
      (object) => 'plate' in object,
      plain,
      (value) => [
        {
          at: value.time ?? value.timestamp,
          fields: {
            plate: plateOf(idOf(value.plate)),
            vehicleType: typeOf(groupWord(value.vehicleType)),
            make: groupWord(value.make),
            colour: groupWord(value.colour ?? value.color),
            speedKmh: value.speedKmh,
            direction: groupWord(value.direction),
            lane: groupWord(idOf(value.lane)),
            position: positionOf(value.lat, value.lon),
          },
        },
      ],
    ),
  ],
  defaultPolicy: {
    purpose: 'dpv:ImproveTransportMobility',
    release: 'traffic-flow',
    windowMs: 3_600_000,
    k: 10,
    contributionsMax: 1,
    epsilonPerDay: 0.7,
    retentionMs: 0,
    fields: {
      plate: { category: 'plate', transform: { kind: 'contributor' } },
      vehicleType: {
        category: 'vehicle-description',
        transform: { kind: 'group-value', values: ['car', 'van', 'truck', 'bus', 'motorcycle'] },
      },
      make: { category: 'vehicle-description', transform: { kind: 'drop' } },
      colour: { category: 'vehicle-description', transform: { kind: 'drop' } },
      speedKmh: { category: 'vehicle-description', transform: { kind: 'drop' } },
      direction: {
        category: 'count',
        transform: { kind: 'group-value', values: ['in', 'out', 'towards', 'away'] },
      },
      lane: { category: 'count', transform: { kind: 'drop' } },
      position: { category: 'location-trace', transform: { kind: 'drop' } },
    },
  },
});

function recognised({ timestamp, results }: z.output<typeof recognitions>) {
  return results.map((result) => ({
    at: timestamp,
    fields: {
      plate: plateOf(result.plate),
      vehicleType: typeOf(groupWord(result.vehicle?.type)),
      colour: groupWord(result.color?.[0]?.color),
      make: groupWord(result.model_make?.[0]?.make),
    },
  }));
}

/** One spelling: cameras differ in spaces and hyphens, and one vehicle must count once. */
function plateOf(read: string | null | undefined): string | undefined {
  const text = (read ?? '')
    .normalize('NFKC')
    .replaceAll(/[\s\p{P}]/gu, '')
    .toUpperCase();
  return text === '' ? undefined : text;
}

/** Cameras name bodies where a city counts kinds. */
const KIND_OF_BODY = new Map([
  ...['sedan', 'suv', 'hatchback', 'coupe', 'estate', 'taxi'].map((body): [string, string] => [body, 'car']),
  ...['big truck', 'pickup truck', 'lorry', 'trailer'].map((body): [string, string] => [body, 'truck']),
  ...['motorbike', 'moped', 'scooter'].map((body): [string, string] => [body, 'motorcycle']),
  ...['minivan', 'minibus'].map((body): [string, string] => [body, 'van']),
]);

function typeOf(body: string | undefined): string | undefined {
  return body === undefined ? undefined : (KIND_OF_BODY.get(body) ?? body);
}

function nameOf(value: z.output<typeof named>): string | undefined {
  return groupWord(typeof value === 'object' ? value?.name : value);
}

/** `10/01/2021 - 00:25:13`: month, day, year. */
function exportedTimeMs(text: string): number {
  const parts = /^(\d{2})\/(\d{2})\/(\d{4}) - (\d{2}):(\d{2}):(\d{2})$/.exec(text);
  if (parts === null) return Number.NaN;
  const [, month, day, year, hour, minute, second] = parts.map(Number);
  return calendarMs([year ?? 0, month ?? 0, day ?? 0, hour ?? 0, minute ?? 0, second ?? 0]);
}
