/** Bluetooth LE advertisements as scanners log them. Names of devices and manufacturer data are fingerprints: they are not kept. */
import { z } from 'zod';
import { isOptOutService } from '../../policy/choices/signals.ts';
import { form, jsonAdapter } from './json-adapter.ts';
import { canonicalAddress, deviceAddress, latitude, longitude, numeric, positionOf, time } from './values.ts';

/** Service UUIDs of one advertisement: its 31 bytes hold fewer; extended ones could hold more, and are cut. */
const SERVICES_MAX = 64;

const services = z.array(z.string().max(64)).max(SERVICES_MAX).nullish();

const advertisement = z
  .object({
    time: time(),
    timestamp: time(),
    Timestamp: time(),
    timestampInMilliSeconds: time(),
    address: deviceAddress(),
    mac: deviceAddress(),
    macAddress: deviceAddress(),
    'MAC-Address': deviceAddress(),
    name: z.string().max(256).nullish(),
    rssi: numeric(-127, 20),
    'RSSI-Value': numeric(-127, 20),
    serviceUuids: services,
    service_uuids: services,
    lat: latitude(),
    lon: longitude(),
    lng: longitude(),
  })
  .refine((value) => addressOf(value) !== undefined, { path: ['address'] });

type Addressed = Partial<Record<'address' | 'mac' | 'macAddress' | 'MAC-Address', string | null | undefined>>;

function addressOf(value: Addressed): string | undefined {
  return value.address ?? value.mac ?? value.macAddress ?? value['MAC-Address'] ?? undefined;
}

export const bleScans = jsonAdapter({
  name: 'ble-scans',
  about: 'Bluetooth LE advertisements of a scanner: JSON or CSV rows',
  fields: {
    address: { type: 'string', category: 'mac-address', about: 'Device address of the advertisement' },
    name: { type: 'string', category: 'name', about: 'Name of the device; often that of its owner' },
    rssiDbm: { type: 'number', category: 'signal', about: 'Signal strength, dBm' },
    position: { type: 'position', category: 'location-trace', about: 'Where a moving scanner stood' },
  },
  forms: [
    form(
      (object) => ['address', 'mac', 'macAddress', 'MAC-Address'].some((key) => Object.hasOwn(object, key)),
      advertisement,
      (value) => [
        {
          at: value.time ?? value.timestamp ?? value.Timestamp ?? value.timestampInMilliSeconds,
          fields: {
            address: canonicalAddress(addressOf(value) ?? ''),
            name: value.name === '' ? undefined : value.name,
            rssiDbm: value.rssi ?? value['RSSI-Value'],
            position: positionOf(value.lat, value.lon ?? value.lng),
          },
          isRefusal: [...(value.serviceUuids ?? []), ...(value.service_uuids ?? [])].some(isOptOutService),
        },
      ],
    ),
  ],
  defaultPolicy: {
    purpose: 'dpv:ImproveTransportMobility',
    release: 'crowd-flow',
    windowMs: 3_600_000,
    k: 10,
    contributionsMax: 1,
    epsilonPerDay: 0.7,
    retentionMs: 0,
    fields: {
      address: { category: 'mac-address', transform: { kind: 'contributor' } },
      name: { category: 'name', transform: { kind: 'drop' } },
      rssiDbm: { category: 'signal', transform: { kind: 'drop' } },
      position: { category: 'location-trace', transform: { kind: 'drop' } },
    },
  },
});
