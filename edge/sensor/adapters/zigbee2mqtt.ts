/**
 * State messages of Zigbee2MQTT for sensors in public rooms and on public property. Its `device` block (addresses, names), button presses
 * and what plugs consume are not read.
 */
import { z } from 'zod';
import { form, jsonAdapter } from './json-adapter.ts';
import { measureSet } from './measures.ts';
import { isNgsi } from './ngsi.ts';
import { flag, time } from './values.ts';

const measures = measureSet([
  'occupied',
  'open',
  'temperatureC',
  'humidityPct',
  'pressureHpa',
  'illuminanceLux',
  'noiseDb',
  'pm25',
  'co2Ppm',
  'batteryPct',
  'linkQuality',
]);

const schema = z.object({ last_seen: time(), contact: flag(), ...measures.shape });

export const zigbee2mqtt = jsonAdapter({
  name: 'zigbee2mqtt',
  about: 'Zigbee2MQTT state messages: occupancy, contact, climate, light, battery, link quality',
  fields: measures.fields,
  forms: [
    form(
      (object) => !isNgsi(object) && ('contact' in object || measures.isIn(object)),
      schema,
      (value) => {
        // A contact sensor says true while its two halves touch: closed.
        const open = typeof value.contact === 'number' ? 1 - value.contact : undefined;
        return [{ at: value.last_seen, fields: { open, ...measures.read(value) } }];
      },
    ),
  ],
  defaultPolicy: {
    purpose: 'dpv:ImprovePublicServices',
    release: 'environment',
    windowMs: 300_000,
    k: 10,
    contributionsMax: 1,
    retentionMs: 0,
    // A room is taken, and a door is opened, by one person.
    fields: measures.policiesWithout('occupied', 'open'),
  },
});
