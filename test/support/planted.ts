/**
 * Messages with planted identifiers: every category, in odd encodings, nested, in fields that are known and in ones that are not, in looks
 * that only resemble. Each value is unique and recognisable, so that a search of everything that came out of the product is exact.
 */
import { macOf } from './pipelines.ts';

export interface Planted {
  adapter: string;
  message: string;
}

/** Drawn by number, so that each message has its own. */
function plantedIdentifiers(index: number): Record<string, string> {
  const n = index.toString().padStart(6, '0');
  return {
    mac: macOf(0x70_000_000 + index),
    plate: `PLT${n}Q`,
    koreanPlate: `12가${n.slice(2)}`,
    phone: `010-7${n.slice(0, 3)}-${n.slice(2)}`,
    email: `planted.${n}@example.kr`,
    rrn: `900101-1${n}`,
    card: `4539-5787-63${n.slice(0, 2)}-${n.slice(2)}`,
    imei: `35693803${n}9`,
    ipv4: `10.${Number(n.slice(0, 2))}.${Number(n.slice(2, 4))}.${Number(n.slice(4))}`,
    ipv6: `2001:db8:77:${n.slice(0, 3)}::${n.slice(3)}`,
    name: `Plantedname${n}`,
    advertisingId: `9a1b2c3d-0000-4000-8000-${n.padStart(12, '0')}`,
    transitCard: `TCARD${n}77`,
    device: `eui-70b3d57ed0${n}`,
    network: `PlantedNet-${n}`,
    session: `urn:planted:session:${n}`,
    coordinates: `37.56${n},126.97${n}`,
  };
}

/** Letters that look like others, full-width digits, and a zero-width joiner. */
function lookAlike(text: string): string {
  const map: Record<string, string> = { P: 'Р', a: 'а', e: 'е', o: 'о', '0': '０', '1': '１', '-': '‐' };
  return [...text].map((letter) => map[letter] ?? letter).join('\u200d');
}

const escaped = (text: string): string =>
  [...text].map((letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`).join('');

/** One message of an adapter, the next by turns. Without times, so that they count as sent when they arrive. */
export function plantedMessage(index: number): Planted {
  const id = plantedIdentifiers(index);
  const all = Object.values(id);
  const strangers = {
    note: all.join(' '),
    base64: Buffer.from(all.join(' ')).toString('base64'),
    percent: encodeURIComponent(all.join(' ')),
    [`owner ${id['name']}`]: id['email'],
    deep: { er: [{ and: { deeper: all } }] },
    similar: lookAlike(id['plate']!),
  };
  const forms: (() => { adapter: string; value: unknown })[] = [
    () => ({ adapter: 'wifi-probes', value: { mac: id['mac'], ssid: id['network'], rssi: -60, ...strangers } }),
    () => ({
      adapter: 'ble-scans',
      value: { address: id['mac'], name: id['name'], rssi: -70, ...strangers },
    }),
    () => ({
      adapter: 'lpr',
      value: {
        plate: id['plate'],
        vehicleType: lookAlike('car'),
        direction: id['name'],
        lane: id['phone'],
        ...strangers,
      },
    }),
    () => ({
      adapter: 'gps',
      value: { trace: id['session'], lat: 37.56 + index / 1e9, lon: 126.97, name: id['name'], ...strangers },
    }),
    () => ({
      adapter: 'transit-card',
      value: { card: id['transitCard'], station: id['name'], lat: 37.56, lon: 126.97, ...strangers },
    }),
    () => ({
      adapter: 'environment',
      value: { noiseDb: 60, temperature: 21, location: { coordinates: id['coordinates'] }, ...strangers },
    }),
    () => ({ adapter: 'people-counter', value: { peopleIn: 12, deviceId: id['device'], ...strangers } }),
    () => ({
      adapter: 'lorawan',
      value: {
        end_device_ids: {
          device_id: id['device'],
          dev_eui: id['device']?.slice(4).padEnd(16, '0').toUpperCase(),
          ...strangers,
        },
        uplink_message: {
          decoded_payload: { temperature: 20, note: all },
          rx_metadata: [{ rssi: -80, snr: 5, gateway_ids: id }],
        },
      },
    }),
  ];
  const { adapter, value } = forms[index % forms.length]!();
  const text = JSON.stringify(value);
  switch (index % 11) {
    case 7:
      return { adapter, message: text.replace(id['name']!, escaped(id['name']!)) };
    case 8:
      return { adapter, message: text.slice(0, Math.floor(text.length / 2)) }; // broken off in the middle of them
    case 9:
      return { adapter, message: `${text.slice(0, -1)},"__proto__":{"polluted":${JSON.stringify(id['plate'])}}}` };
    case 10:
      return { adapter, message: `[${text},${JSON.stringify(id['email'])}]` };
    default:
      return { adapter, message: text };
  }
}

/**
 * What must be found nowhere: parts that every planted value of a kind has, in the forms in which they could come out. Not the numbers, which
 * differ: what all have in common finds any of them.
 */
export const PLANTED_NEEDLES: readonly string[] = [
  'PLT0',
  '12가',
  '010-7',
  'planted',
  'Planted',
  '900101',
  '4539-5787',
  '35693803',
  '2001:db8:77',
  '9a1b2c3d',
  'TCARD',
  '70b3d57ed0',
  '70B3D57ED0',
  '02:00:70',
  '37.560',
  lookAlike('PLT'),
  ...['planted.', 'Plantedname', 'PLT0', 'TCARD'].flatMap((text) =>
    [0, 1, 2].map((offset) =>
      Buffer.from(' '.repeat(offset) + text)
        .toString('base64')
        .slice(2, -4),
    ),
  ),
  'polluted',
].filter((needle) => needle.length >= 4);
