/** Trips of shared bicycles and scooters: one record a trip, with where it began and ended, as operators export them. */
import { z } from 'zod';
import { form, jsonAdapter } from './json-adapter.ts';
import { identifier, idOf, latitude, longitude, positionOf, time } from './values.ts';

const trip = z.object({
  started_at: time(),
  ended_at: time(),
  user_id: identifier(),
  bike_id: identifier(),
  ride_id: identifier(),
  start_lat: latitude(),
  start_lng: longitude(),
  end_lat: latitude(),
  end_lng: longitude(),
});

export const bikeShare = jsonAdapter({
  name: 'bike-share',
  about: 'Trips of shared bicycles: JSON or CSV rows with start and end',
  fields: {
    rider: {
      type: 'string',
      category: 'device-id',
      about: 'Customer; where there is none the bicycle, else the trip, which counts a person once per trip',
    },
    origin: { type: 'position', category: 'location-trace', about: 'Where the trip began' },
    destination: { type: 'position', category: 'location-trace', about: 'Where the trip ended' },
  },
  forms: [
    form(
      (object) => 'start_lat' in object || 'end_lat' in object,
      trip.refine((value) => riderOf(value) !== undefined, { path: ['ride_id'] }),
      (value) => [
        {
          at: value.ended_at ?? value.started_at,
          fields: {
            rider: riderOf(value),
            origin: positionOf(value.start_lat, value.start_lng),
            destination: positionOf(value.end_lat, value.end_lng),
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
    contributionsMax: 1,
    epsilonPerDay: 0.3,
    retentionMs: 0,
    fields: {
      rider: { category: 'device-id', transform: { kind: 'contributor' } },
      origin: { category: 'location-trace', transform: { kind: 'group-cell', resolution: 7 } },
      destination: { category: 'location-trace', transform: { kind: 'group-cell', resolution: 7 } },
    },
  },
});

function riderOf(value: z.output<typeof trip>): string | undefined {
  return idOf(value.user_id) ?? idOf(value.bike_id) ?? idOf(value.ride_id);
}
