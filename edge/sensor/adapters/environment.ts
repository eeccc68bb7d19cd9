/** Noise, air and weather: plain JSON, CSV rows, or NGSI-LD (`AirQualityObserved`, `NoiseLevelObserved`, `WeatherObserved`). */
import { z } from 'zod';
import { form, jsonAdapter } from './json-adapter.ts';
import { measureSet } from './measures.ts';
import { isNgsi } from './ngsi.ts';
import { time } from './values.ts';

const measures = measureSet([
  'noiseDb',
  'noiseMaxDb',
  'pm1',
  'pm25',
  'pm10',
  'no2',
  'o3',
  'so2',
  'co',
  'co2Ppm',
  'temperatureC',
  'humidityPct',
  'pressureHpa',
  'illuminanceLux',
  'windSpeedMs',
  'rainMm',
  'batteryPct',
]);

const ENTITY_TYPES = new Set(['AirQualityObserved', 'NoiseLevelObserved', 'WeatherObserved']);

const schema = z.object({
  dateObserved: time(),
  observedAt: time(),
  time: time(),
  timestamp: time(),
  ...measures.shape,
});

export const environment = jsonAdapter({
  name: 'environment',
  about: 'Noise, air and weather: plain JSON or NGSI-LD AirQualityObserved, NoiseLevelObserved, WeatherObserved',
  fields: measures.fields,
  forms: [
    form(
      // Other NGSI entities have a temperature or a battery too: vehicles, for one.
      (object) => measures.isIn(object) && !(isNgsi(object) && !ENTITY_TYPES.has(String(object['type']))),
      schema,
      (value) => [
        { at: value.dateObserved ?? value.observedAt ?? value.time ?? value.timestamp, fields: measures.read(value) },
      ],
    ),
  ],
  defaultPolicy: {
    purpose: 'dpv:ProvideOfficialStatistics',
    release: 'environment',
    windowMs: 300_000,
    k: 10,
    contributionsMax: 1,
    retentionMs: 0,
    fields: measures.policies,
  },
});
