/** Parking: single spots and whole zones, as NGSI-LD (`ParkingSpot`, `OnStreetParking`, `OffStreetParking`) or plain JSON. */
import { z } from 'zod';
import { form, jsonAdapter } from './json-adapter.ts';
import { geometry, placeOf } from './ngsi.ts';
import { count, flag, groupWord, latitude, longitude, positionOf, time, word } from './values.ts';

const times = {
  observedAt: time(),
  observationDateTime: time(),
  dateObserved: time(),
  dateModified: time(),
  time: time(),
};

const spot = z.object({
  type: z.literal('ParkingSpot'),
  id: z.string(),
  ...times,
  status: word(),
  location: geometry(),
});

const zone = z.object({
  type: z.enum(['OnStreetParking', 'OffStreetParking']),
  id: z.string(),
  ...times,
  availableSpotNumber: count(),
  occupiedSpotNumber: count(),
  totalSpotNumber: count(),
  location: geometry(),
});

const plain = z.object({
  ...times,
  occupied: flag(),
  available: count(),
  total: count(),
  lat: latitude(),
  lon: longitude(),
});

type Times = { [Name in keyof typeof times]?: string | number | null | undefined };

function timeOf(value: Times): string | number | null | undefined {
  return value.observedAt ?? value.observationDateTime ?? value.dateObserved ?? value.time ?? value.dateModified;
}

/** 1 occupied, 0 free; `closed` and `unknown` say neither. */
const OCCUPIED_BY_STATUS = new Map([
  ['occupied', 1],
  ['free', 0],
]);

export const parking = jsonAdapter({
  name: 'parking',
  about: 'Parking spots and zones: NGSI-LD ParkingSpot, OnStreetParking, OffStreetParking, or plain JSON',
  fields: {
    occupied: { type: 'number', category: 'count', about: '1 when a spot is taken, 0 when it is free' },
    availableSpots: { type: 'number', category: 'count', about: 'Free spots of a zone' },
    occupiedSpots: { type: 'number', category: 'count', about: 'Taken spots of a zone' },
    totalSpots: { type: 'number', category: 'count', about: 'Spots of a zone' },
    position: { type: 'position', category: 'count', about: 'Where the spot or zone is; the mean of its corners' },
  },
  forms: [
    form(
      (object) => object['type'] === 'ParkingSpot',
      spot,
      (value) => [
        {
          at: timeOf(value),
          fields: {
            occupied: OCCUPIED_BY_STATUS.get(groupWord(value.status) ?? ''),
            position: placeOf(value.location),
          },
        },
      ],
    ),
    form(
      (object) => object['type'] === 'OnStreetParking' || object['type'] === 'OffStreetParking',
      zone,
      (value) => [
        {
          at: timeOf(value),
          fields: {
            availableSpots: value.availableSpotNumber,
            occupiedSpots: value.occupiedSpotNumber,
            totalSpots: value.totalSpotNumber,
            position: placeOf(value.location),
          },
        },
      ],
    ),
    form(
      (object) => 'occupied' in object || 'available' in object,
      plain,
      (value) => [
        {
          at: timeOf(value),
          fields: {
            occupied: value.occupied,
            availableSpots: value.available,
            totalSpots: value.total,
            position: positionOf(value.lat, value.lon),
          },
        },
      ],
    ),
  ],
  defaultPolicy: {
    purpose: 'dpv:ImproveTransportMobility',
    release: 'parking',
    windowMs: 300_000,
    k: 10,
    contributionsMax: 1,
    retentionMs: 0,
    fields: {
      // One spot is one car; zones are many.
      occupied: { category: 'count', transform: { kind: 'drop' } },
      availableSpots: { category: 'count', transform: { kind: 'measure', statistic: 'mean', clamp: [0, 20_000] } },
      occupiedSpots: { category: 'count', transform: { kind: 'measure', statistic: 'mean', clamp: [0, 20_000] } },
      totalSpots: { category: 'count', transform: { kind: 'measure', statistic: 'max', clamp: [0, 20_000] } },
      position: { category: 'count', transform: { kind: 'group-cell', resolution: 9 } },
    },
  },
});
