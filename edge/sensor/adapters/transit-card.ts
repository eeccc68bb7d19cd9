/** Journeys by transit card: NGSI-LD `AnonymousCommuterId`. Its hashed card number stays the same, so it is as good as the number. */
import { z } from 'zod';
import { form, jsonAdapter } from './json-adapter.ts';
import { geometry, placeOf } from './ngsi.ts';
import { identifier, idOf, time, word } from './values.ts';

const commuter = z
  .object({
    type: z.literal('AnonymousCommuterId'),
    anonymizedId: identifier(),
    date: time(),
    orig: word(),
    dest: word(),
    location: geometry(),
  })
  .refine((value) => idOf(value.anonymizedId) !== undefined, { path: ['anonymizedId'] });

export const transitCard = jsonAdapter({
  name: 'transit-card',
  about: 'Journeys by transit card: NGSI-LD AnonymousCommuterId',
  fields: {
    card: { type: 'string', category: 'transit-card', about: 'Card number, hashed or not' },
    origin: { type: 'string', category: 'location-trace', about: 'Name of the first stop' },
    destination: { type: 'string', category: 'location-trace', about: 'Name of the last stop' },
    position: { type: 'position', category: 'location-trace', about: 'Where the card was read' },
  },
  forms: [
    form(
      (object) => object['type'] === 'AnonymousCommuterId',
      commuter,
      (value) => [
        {
          at: value.date,
          fields: {
            card: idOf(value.anonymizedId),
            origin: value.orig,
            destination: value.dest,
            position: placeOf(value.location),
          },
        },
      ],
    ),
  ],
  defaultPolicy: {
    purpose: 'dpv:ImproveTransportMobility',
    release: 'crowd-flow',
    windowMs: 86_400_000,
    k: 10,
    contributionsMax: 1,
    epsilonPerDay: 0.3,
    retentionMs: 0,
    fields: {
      card: { category: 'transit-card', transform: { kind: 'contributor' } },
      origin: { category: 'location-trace', transform: { kind: 'drop' } },
      destination: { category: 'location-trace', transform: { kind: 'drop' } },
      position: { category: 'location-trace', transform: { kind: 'group-cell', resolution: 7 } },
    },
  },
});
