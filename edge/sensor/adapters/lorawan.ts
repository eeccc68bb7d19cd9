/**
 * LoRaWAN uplinks as network servers pass them on; the server is told by the message's own keys. Values come from the payload that the
 * server decoded: raw frames are not read, since their meaning depends on a device model that the message does not name.
 *
 * Of gateways only the strength of the best is kept: their ids and places say where a device is.
 */
import { z } from 'zod';
import { form, jsonAdapter } from './json-adapter.ts';
import { measureSet } from './measures.ts';
import { identifier, idOf, numeric, time } from './values.ts';

const measures = measureSet([
  'occupied',
  'open',
  'peopleIn',
  'peopleOut',
  'peoplePresent',
  'distanceMm',
  'temperatureC',
  'humidityPct',
  'pressureHpa',
  'illuminanceLux',
  'noiseDb',
  'pm1',
  'pm25',
  'pm10',
  'co2Ppm',
  'batteryPct',
  'batteryV',
]);

/** Gateways that heard one uplink. */
const GATEWAYS_MAX = 64;

const reception = z.object({ rssi: numeric(-200, 20), snr: numeric(-50, 50) });
const receptions = z.array(reception).max(GATEWAYS_MAX).nullish();

/** Decoders write a value as such, or with its name and unit beside it. */
const decoded = z
  .object(
    Object.fromEntries(
      Object.entries(measures.shape).map(([name, schema]) => [
        name,
        z.preprocess((value) => (isLabelled(value) ? value.value : value), schema).optional(),
      ]),
    ),
  )
  .nullish();

function isLabelled(value: unknown): value is { value: unknown } {
  return typeof value === 'object' && value !== null && 'value' in value;
}

const thingsStack = z.object({
  end_device_ids: z.object({ device_id: identifier(), dev_eui: identifier() }),
  received_at: time(),
  uplink_message: z.object({ received_at: time(), decoded_payload: decoded, rx_metadata: receptions }),
});

const chirpStack = z.object({
  time: time(),
  deviceInfo: z.object({ devEui: identifier() }),
  object: decoded,
  rxInfo: receptions,
});

const loriot = z.object({
  cmd: z.enum(['rx', 'gw']),
  EUI: identifier(),
  ts: time(),
  rssi: numeric(-200, 20),
  snr: numeric(-50, 50),
  bat: numeric(0, 255),
  gws: receptions,
});

const thingPark = z.object({
  DevEUI_uplink: z.object({ Time: time(), DevEUI: identifier(), LrrRSSI: numeric(-200, 20), LrrSNR: numeric(-50, 50) }),
});

type Receptions = z.output<typeof receptions>;

function best(heard: Receptions, name: 'rssi' | 'snr'): number | undefined {
  const values = (heard ?? []).flatMap((one) => (typeof one[name] === 'number' ? [one[name]] : []));
  return values.length === 0 ? undefined : Math.max(...values);
}

function linkOf(heard: Receptions): { rssiDbm: number | undefined; snrDb: number | undefined } {
  return { rssiDbm: best(heard, 'rssi'), snrDb: best(heard, 'snr') };
}

/** LoRaWAN's DevStatusAns: 1 to 254 is the level, 0 mains, 255 not known. */
function batteryPctOf(level: number | null | undefined): number | undefined {
  return typeof level === 'number' && level >= 1 && level <= 254 ? ((level - 1) / 253) * 100 : undefined;
}

/** One spelling: servers differ in case. */
function euiOf(value: string | number | null | undefined): string | undefined {
  return idOf(value)?.toLowerCase();
}

export const lorawan = jsonAdapter({
  name: 'lorawan',
  about: 'LoRaWAN uplinks of The Things Stack v3, ChirpStack v4, LORIOT and ThingPark',
  fields: {
    ...measures.fields,
    device: { type: 'string', category: 'device-id', about: 'DevEUI of the sensor' },
    rssiDbm: { type: 'number', category: 'device-status', about: 'Strength of the uplink at the best gateway, dBm' },
    snrDb: { type: 'number', category: 'device-status', about: 'Signal to noise of the uplink, dB' },
  },
  forms: [
    form(
      (object) => 'uplink_message' in object,
      thingsStack,
      (value) => [
        {
          at: value.uplink_message.received_at ?? value.received_at,
          fields: {
            ...measures.read(value.uplink_message.decoded_payload ?? {}),
            device: euiOf(value.end_device_ids.dev_eui ?? value.end_device_ids.device_id),
            ...linkOf(value.uplink_message.rx_metadata),
          },
        },
      ],
    ),
    form(
      (object) => 'deviceInfo' in object,
      chirpStack,
      (value) => [
        {
          at: value.time,
          fields: {
            ...measures.read(value.object ?? {}),
            device: euiOf(value.deviceInfo.devEui),
            ...linkOf(value.rxInfo),
          },
        },
      ],
    ),
    form(
      (object) => 'cmd' in object && 'EUI' in object,
      loriot,
      (value) => [
        {
          at: value.ts,
          fields: {
            device: euiOf(value.EUI),
            batteryPct: batteryPctOf(value.bat),
            ...linkOf(value.gws ?? [{ rssi: value.rssi, snr: value.snr }]),
          },
        },
      ],
    ),
    form(
      (object) => 'DevEUI_uplink' in object,
      thingPark,
      ({ DevEUI_uplink: uplink }) => [
        {
          at: uplink.Time,
          fields: { device: euiOf(uplink.DevEUI), rssiDbm: uplink.LrrRSSI, snrDb: uplink.LrrSNR },
        },
      ],
    ),
  ],
  defaultPolicy: {
    purpose: 'dpv:ImprovePublicServices',
    release: 'environment',
    windowMs: 300_000,
    k: 10,
    contributionsMax: 1,
    retentionMs: 0,
    fields: {
      // About single people; a people counter gets a policy of its own, with a budget.
      ...measures.policiesWithout('occupied', 'open', 'peopleIn', 'peopleOut', 'peoplePresent'),
      device: { category: 'device-id', transform: { kind: 'drop' } },
      rssiDbm: { category: 'device-status', transform: { kind: 'measure', statistic: 'mean', clamp: [-150, 0] } },
      snrDb: { category: 'device-status', transform: { kind: 'measure', statistic: 'mean', clamp: [-30, 30] } },
    },
  },
});
