/** Positions of people and vehicles on the move: points of a GPX file, NDJSON, OwnTracks, or NGSI-LD `Vehicle`. */
import { z } from 'zod';
import { form, jsonAdapter } from './json-adapter.ts';
import { geometry, placeOf } from './ngsi.ts';
import { identifier, idOf, latitude, longitude, numeric, positionOf, time } from './values.ts';

const SPEED_KMH_MAX = 1200;

const point = z.object({
  time: time(),
  timestamp: time(),
  tst: time(),
  trace: identifier(),
  traceId: identifier(),
  device: identifier(),
  deviceId: identifier(),
  id: identifier(),
  tid: identifier(),
  lat: latitude(),
  lon: longitude(),
  lng: longitude(),
  speedKmh: numeric(0, SPEED_KMH_MAX),
  vel: numeric(0, SPEED_KMH_MAX),
});

const vehicle = z.object({
  id: z.string().max(160),
  type: z.literal('Vehicle'),
  observedAt: time(),
  observationDateTime: time(),
  location: geometry(),
  speed: numeric(0, SPEED_KMH_MAX),
});

export const gps = jsonAdapter({
  name: 'gps',
  about: 'GPS traces: GPX points, JSON positions, OwnTracks, NGSI-LD Vehicle',
  fields: {
    trace: { type: 'string', category: 'device-id', about: 'What tells one trace from another' },
    position: { type: 'position', category: 'location-trace', about: 'Where the person or vehicle was' },
    speedKmh: { type: 'number', category: 'location-trace', about: 'Speed, km/h' },
  },
  forms: [
    form(
      (object) => object['type'] === 'Vehicle',
      vehicle,
      (value) => [
        {
          at: value.observedAt ?? value.observationDateTime,
          fields: { trace: value.id, position: placeOf(value.location), speedKmh: value.speed },
        },
      ],
    ),
    form(
      (object) => 'lat' in object && ('lon' in object || 'lng' in object),
      // A point of nobody could not be held back on anybody's request, nor counted once.
      point.refine((value) => traceOf(value) !== undefined, { path: ['trace'] }),
      (value) => [
        {
          at: value.time ?? value.timestamp ?? value.tst,
          fields: {
            trace: traceOf(value),
            position: positionOf(value.lat, value.lon ?? value.lng),
            speedKmh: value.speedKmh ?? value.vel,
          },
        },
      ],
    ),
  ],
  defaultPolicy: {
    purpose: 'dpv:ImproveTransportMobility',
    release: 'item-flow',
    windowMs: 86_400_000,
    k: 10,
    contributionsMax: 2,
    epsilonPerDay: 0.3,
    retentionMs: 0,
    fields: {
      trace: { category: 'device-id', transform: { kind: 'contributor' } },
      position: { category: 'location-trace', transform: { kind: 'group-cell', resolution: 7 } },
      speedKmh: { category: 'location-trace', transform: { kind: 'drop' } },
    },
  },
});

function traceOf(value: z.output<typeof point>): string | undefined {
  return idOf(value.trace ?? value.traceId ?? value.device ?? value.deviceId ?? value.id ?? value.tid);
}
