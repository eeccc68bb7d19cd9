/**
 * Quantities that public sensors measure, and the names that devices and data models give them. LoRaWAN decoders, Zigbee2MQTT, NGSI-LD
 * and plain JSON differ in spelling only, so one table serves all.
 */
import type { z } from 'zod';
import type { SensorPolicy } from '../../policy/schema.ts';
import type { CategoryId } from '../../policy/taxonomy.ts';
import type { FieldSpec } from '../reading.ts';
import { flag, numeric } from './values.ts';

interface Measure {
  category: CategoryId;
  about: string;
  /** Bounds of what can be measured; a value outside refuses the message. `flag` is yes or no, as 1 or 0. */
  bounds: readonly [number, number] | 'flag';
  statistic: 'sum' | 'mean' | 'max' | 'last';
  /** Names in messages, and what a value is multiplied by (1 where not said). */
  names: readonly (string | readonly [string, number])[];
}

const environment = (about: string, bounds: Measure['bounds'], names: Measure['names']): Measure => ({
  category: 'environment',
  about,
  bounds,
  statistic: 'mean',
  names,
});

const MEASURES = {
  temperatureC: environment(
    'Air temperature, degrees Celsius',
    [-80, 100],
    ['temperature', 'temperatureC', 'temp', 'air_temperature'],
  ),
  humidityPct: environment(
    'Relative humidity, per cent',
    [0, 100],
    ['humidity', 'humidityPct', 'relative_humidity', 'air_humidity', ['relativeHumidity', 100]],
  ),
  pressureHpa: environment(
    'Air pressure, hectopascal',
    [300, 1200],
    ['pressure', 'pressureHpa', 'barometric_pressure', 'atmosphericPressure'],
  ),
  illuminanceLux: environment('Illuminance, lux', [0, 250_000], ['illuminance', 'illuminanceLux', 'illuminance_lux']),
  noiseDb: environment(
    'Sound level, dB(A), at least a second long: no sound',
    [0, 160],
    ['noise', 'noiseDb', 'LAeq', 'laeq', 'sound_level', 'leq'],
  ),
  noiseMaxDb: {
    category: 'environment',
    about: 'Highest sound level, dB(A)',
    bounds: [0, 160],
    statistic: 'max',
    names: ['LAmax', 'lamax', 'noiseMaxDb'],
  },
  pm1: environment('Particles up to 1 µm, µg/m³', [0, 10_000], ['pm1', 'pm1_0', 'PM1']),
  pm25: environment('Particles up to 2.5 µm, µg/m³', [0, 10_000], ['pm25', 'pm2_5', 'PM25', 'PM2.5', 'pm2.5']),
  pm10: environment('Particles up to 10 µm, µg/m³', [0, 10_000], ['pm10', 'PM10']),
  no2: environment('Nitrogen dioxide, µg/m³', [0, 10_000], ['no2', 'NO2']),
  o3: environment('Ozone, µg/m³', [0, 10_000], ['o3', 'O3']),
  so2: environment('Sulphur dioxide, µg/m³', [0, 10_000], ['so2', 'SO2']),
  co: environment('Carbon monoxide, in the unit of the device', [0, 100_000], ['co', 'CO']),
  co2Ppm: environment('Carbon dioxide, parts per million', [0, 100_000], ['co2', 'co2Ppm', 'CO2']),
  windSpeedMs: environment('Wind speed, m/s', [0, 120], ['windSpeed', 'wind_speed', 'windSpeedMs']),
  rainMm: {
    category: 'environment',
    about: 'Rain since the last message, mm',
    bounds: [0, 500],
    statistic: 'sum',
    names: ['precipitation', 'rainMm', 'rainfall'],
  },
  distanceMm: environment(
    'Distance to what stands before the sensor (a level or a parked car), mm',
    [0, 100_000],
    ['distanceMm', 'distance_mm', 'distance'],
  ),
  occupied: {
    category: 'count',
    about: '1 when a parking spot or a public room is taken, 0 when it is free',
    bounds: 'flag',
    statistic: 'mean',
    names: ['occupied', 'occupancy', 'presence', 'parking_occupied'],
  },
  open: {
    category: 'count',
    about: '1 when a door, lid or barrier of public property is open, 0 when it is closed',
    bounds: 'flag',
    statistic: 'mean',
    names: ['open', 'door_open'],
  },
  peopleIn: {
    category: 'count',
    about: 'People counted in since the last message',
    bounds: [0, 100_000],
    statistic: 'sum',
    names: ['peopleIn', 'people_in', 'in', 'count_in', 'period_in', 'peopleCountTowards'],
  },
  peopleOut: {
    category: 'count',
    about: 'People counted out since the last message',
    bounds: [0, 100_000],
    statistic: 'sum',
    names: ['peopleOut', 'people_out', 'out', 'count_out', 'period_out', 'peopleCountAway'],
  },
  peoplePresent: {
    category: 'count',
    about: 'People in view when the message was sent',
    bounds: [0, 100_000],
    statistic: 'mean',
    names: ['peoplePresent', 'people_count', 'people_counter_all', 'region_count', 'peopleCount'],
  },
  batteryPct: {
    category: 'device-status',
    about: 'Battery of the sensor, per cent',
    bounds: [0, 100],
    statistic: 'last',
    names: ['battery', 'batteryPct', 'battery_level'],
  },
  batteryV: {
    category: 'device-status',
    about: 'Battery of the sensor, volt',
    bounds: [0, 60],
    statistic: 'last',
    names: ['batteryV', 'battery_voltage'],
  },
  linkQuality: {
    category: 'device-status',
    about: 'Quality of the sensor’s own radio link, 0 to 255',
    bounds: [0, 255],
    statistic: 'mean',
    names: ['linkquality', 'linkQuality'],
  },
} as const satisfies Record<string, Measure>;

type MeasureId = keyof typeof MEASURES;
type FieldPolicy = SensorPolicy['fields'][string];

/** Everything that an adapter needs for a choice of measures. */
interface MeasureSet<Id extends MeasureId> {
  fields: Record<Id, FieldSpec>;
  /** Schema's part: one optional key per name. */
  shape: Record<string, z.ZodType<number | null | undefined>>;
  /** Fields of what the schema let through. The first name of a measure that is there wins. */
  read(parsed: Readonly<Record<string, unknown>>): Partial<Record<Id, number>>;
  policies: Record<Id, FieldPolicy>;
  /** The same, but that these are dropped. */
  policiesWithout(...dropped: readonly Id[]): Record<Id, FieldPolicy>;
  /** True when one of the names is a key of the object: how a form of loose measures is recognised. */
  isIn(object: Readonly<Record<string, unknown>>): boolean;
}

/** `more` are names that only one adapter's devices use; they are none elsewhere. */
export function measureSet<Id extends MeasureId>(
  ids: readonly Id[],
  more: Partial<Record<NoInfer<Id>, Measure['names']>> = {},
): MeasureSet<Id> {
  const shape: Record<string, z.ZodType<number | null | undefined>> = {};
  const targets: { name: string; id: Id; factor: number }[] = [];
  const fields = {} as Record<Id, FieldSpec>;
  const policies = {} as Record<Id, FieldPolicy>;
  for (const id of ids) {
    const { category, about, bounds, statistic, names }: Measure = MEASURES[id];
    fields[id] = { type: 'number', category, about };
    const clamp: [number, number] = bounds === 'flag' ? [0, 1] : [...bounds];
    policies[id] = { category, transform: { kind: 'measure', statistic, clamp } };
    for (const entry of [...names, ...(more[id] ?? [])]) {
      const [name, factor] = typeof entry === 'string' ? ([entry, 1] as const) : entry;
      shape[name] = bounds === 'flag' ? flag() : numeric(bounds[0] / factor, bounds[1] / factor);
      targets.push({ name, id, factor });
    }
  }
  return {
    fields,
    shape,
    policies,
    policiesWithout: (...dropped) => ({
      ...policies,
      ...Object.fromEntries(
        dropped.map((id) => [id, { category: MEASURES[id].category, transform: { kind: 'drop' } }]),
      ),
    }),
    isIn: (object) => Object.keys(object).some((key) => Object.hasOwn(shape, key)),
    read(parsed) {
      const found: Partial<Record<Id, number>> = {};
      for (const { name, id, factor } of targets) {
        const value = parsed[name];
        if (typeof value === 'number' && found[id] === undefined) found[id] = value * factor;
      }
      return found;
    },
  };
}
