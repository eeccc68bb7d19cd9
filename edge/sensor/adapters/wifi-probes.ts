/** Probe requests as scanners report them: who asked, for which network, how strong. Frames of a capture arrive in the same form. */
import { z } from 'zod';
import { isOptOutNetworkName } from '../../policy/choices/signals.ts';
import { form, jsonAdapter } from './json-adapter.ts';
import { canonicalAddress, deviceAddress, numeric, time } from './values.ts';

const record = z.object({
  time: time(),
  datetime: time(),
  timestamp: time(),
  mac: deviceAddress(),
  src: deviceAddress(),
  // 32 bytes by IEEE 802.11; as escaped text up to four times as many characters.
  ssid: z.string().max(128).nullish(),
  rssi: numeric(-127, 20),
});

export const wifiProbes = jsonAdapter({
  name: 'wifi-probes',
  about: 'Wi-Fi probe requests of a scanner: JSON, CSV rows, or frames of a pcap capture',
  fields: {
    mac: { type: 'string', category: 'mac-address', about: 'Source address of the frame' },
    addressKind: {
      type: 'string',
      category: 'signal',
      about: '`randomised` or `universal`, from the address bit: randomised ones count a phone more than once',
    },
    ssid: { type: 'string', category: 'network-name', about: 'Network that the device asks for' },
    rssiDbm: { type: 'number', category: 'signal', about: 'Signal strength, dBm' },
  },
  forms: [
    form(
      (object) => 'mac' in object || 'src' in object,
      record.refine(({ mac, src }) => typeof (mac ?? src) === 'string', { path: ['mac'] }),
      (value) => {
        const mac = canonicalAddress(value.mac ?? value.src ?? '');
        const ssid = value.ssid === '' ? undefined : value.ssid;
        const isRefusal = typeof ssid === 'string' && isOptOutNetworkName(ssid);
        const addressKind = (Number.parseInt(mac.slice(0, 2), 16) & 0x02) === 0 ? 'universal' : 'randomised';
        return [
          {
            at: value.time ?? value.datetime ?? value.timestamp,
            fields: { mac, addressKind, ssid, rssiDbm: value.rssi },
            isRefusal,
          },
        ];
      },
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
      mac: { category: 'mac-address', transform: { kind: 'contributor' } },
      addressKind: { category: 'signal', transform: { kind: 'group-value', values: ['universal', 'randomised'] } },
      ssid: { category: 'network-name', transform: { kind: 'drop' } },
      rssiDbm: { category: 'signal', transform: { kind: 'drop' } },
    },
  },
});
