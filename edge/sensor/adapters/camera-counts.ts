/**
 * Counts of a camera of this box: one object for each person or vehicle that crossed a counting line (`count` of the camera). They come from
 * the agent and not over a network, and are read as strictly as anything else. The track is a random number that the camera process forgets
 * with its quarter of an hour; here it tells contributors apart inside one window.
 */
import { z } from 'zod';
import { COUNTED_CLASSES } from '../../camera/messages.ts';
import { form, jsonAdapter } from './json-adapter.ts';
import { groupWord, idOf } from './values.ts';

const schema = z.object({
  atMs: z.int().min(0),
  line: z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/),
  class: z.enum(COUNTED_CLASSES),
  direction: z.enum(['forward', 'backward']),
  track: z.int().min(0),
});

export const cameraCounts = jsonAdapter({
  name: 'camera-counts',
  about: 'Persons and vehicles that cross the counting lines of a camera of this box',
  fields: {
    track: { type: 'string', category: 'device-id', about: 'Random number of a track, for a quarter of an hour' },
    class: {
      type: 'string',
      category: 'body',
      about: 'person, bicycle, car, motorcycle, bus, truck, or vehicle where its kind is not known',
    },
    direction: {
      type: 'string',
      category: 'count',
      about: 'forward: to the right of who goes along the line; backward',
    },
    line: { type: 'string', category: 'count', about: 'Line, as the configuration names it' },
  },
  forms: [
    form(
      (object) => 'track' in object && 'line' in object,
      schema,
      (value) => [
        {
          at: value.atMs,
          fields: {
            track: idOf(value.track),
            class: value.class,
            direction: value.direction,
            line: groupWord(value.line),
          },
        },
      ],
    ),
  ],
  defaultPolicy: {
    purpose: 'dpv:ImproveTransportMobility',
    release: 'item-flow',
    windowMs: 3_600_000,
    k: 10,
    // Somebody who goes to and fro is in both directions at most.
    contributionsMax: 2,
    epsilonPerDay: 0.7,
    retentionMs: 0,
    fields: {
      track: { category: 'device-id', transform: { kind: 'contributor' } },
      class: { category: 'body', transform: { kind: 'group-value', values: [...COUNTED_CLASSES] } },
      direction: { category: 'count', transform: { kind: 'group-value', values: ['forward', 'backward'] } },
      // A city that has several lines lists their names here.
      line: { category: 'count', transform: { kind: 'drop' } },
    },
  },
});
