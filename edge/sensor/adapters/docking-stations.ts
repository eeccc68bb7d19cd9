/** Bicycles at docking stations: GBFS `station_status`, NGSI-LD `BikeHireDockingStation`, or one JSON object a station. */
import { z } from 'zod';
import { form, jsonAdapter } from './json-adapter.ts';
import { geometry, placeOf } from './ngsi.ts';
import { count, latitude, longitude, positionOf, time } from './values.ts';

/** Stations of one feed that fits a message. */
const STATIONS_MAX = 1000;

const station = z.object({
  last_reported: time(),
  num_bikes_available: count(),
  num_vehicles_available: count(),
  num_docks_available: count(),
  num_docks_disabled: count(),
  lat: latitude(),
  lon: longitude(),
});

const feed = z.object({ last_updated: time(), data: z.object({ stations: z.array(station).max(STATIONS_MAX) }) });

const entity = z.object({
  type: z.literal('BikeHireDockingStation'),
  observedAt: time(),
  observationDate: time(),
  dateModified: time(),
  availableBikeNumber: count(),
  freeSlotNumber: count(),
  outOfServiceSlotNumber: count(),
  location: geometry(),
});

function fieldsOf(value: z.output<typeof station>) {
  return {
    bikesAvailable: value.num_bikes_available ?? value.num_vehicles_available,
    docksAvailable: value.num_docks_available,
    docksOutOfService: value.num_docks_disabled,
    position: positionOf(value.lat, value.lon),
  };
}

const SPOTS_CLAMP: [number, number] = [0, 1000];

export const dockingStations = jsonAdapter({
  name: 'docking-stations',
  about: 'Docking stations of shared bicycles: GBFS station_status or NGSI-LD BikeHireDockingStation',
  fields: {
    bikesAvailable: { type: 'number', category: 'count', about: 'Bicycles that can be hired' },
    docksAvailable: { type: 'number', category: 'count', about: 'Free docks' },
    docksOutOfService: { type: 'number', category: 'count', about: 'Docks out of service' },
    position: { type: 'position', category: 'count', about: 'Where the station is' },
  },
  forms: [
    form(
      (object) => object['type'] === 'BikeHireDockingStation',
      entity,
      (value) => [
        {
          at: value.observedAt ?? value.observationDate ?? value.dateModified,
          fields: {
            bikesAvailable: value.availableBikeNumber,
            docksAvailable: value.freeSlotNumber,
            docksOutOfService: value.outOfServiceSlotNumber,
            position: placeOf(value.location),
          },
        },
      ],
    ),
    form(
      (object) => 'last_updated' in object && 'data' in object,
      feed,
      (value) =>
        value.data.stations.map((one) => ({ at: one.last_reported ?? value.last_updated, fields: fieldsOf(one) })),
    ),
    form(
      (object) => 'num_bikes_available' in object || 'num_vehicles_available' in object,
      station,
      (value) => [{ at: value.last_reported, fields: fieldsOf(value) }],
    ),
  ],
  defaultPolicy: {
    purpose: 'dpv:ImproveTransportMobility',
    release: 'item-flow',
    windowMs: 300_000,
    k: 10,
    contributionsMax: 1,
    retentionMs: 0,
    fields: {
      bikesAvailable: { category: 'count', transform: { kind: 'measure', statistic: 'mean', clamp: SPOTS_CLAMP } },
      docksAvailable: { category: 'count', transform: { kind: 'measure', statistic: 'mean', clamp: SPOTS_CLAMP } },
      docksOutOfService: { category: 'count', transform: { kind: 'measure', statistic: 'mean', clamp: SPOTS_CLAMP } },
      position: { category: 'count', transform: { kind: 'group-cell', resolution: 9 } },
    },
  },
});
