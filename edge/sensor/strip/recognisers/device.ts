/** Identifiers of devices, subscriptions and vehicles. */
import { digitsOf, isLuhn } from '../checksums.ts';
import { type Rule, recogniser } from '../rule.ts';

const DEVICE_WORDS =
  /\b(?:dev(?:ice)?[_ ]?(?:eui|addr|id)?|eui|node|gateway|sensor|serial|s\/n|beacon|idfa|gaid|aaid|ad ?id|advertising|hardware|uuid|guid)\b|시리얼|기기/i;

const RULES: readonly Rule[] = [
  {
    category: 'imei',
    digitsMin: 15,
    pattern: /(?<!\d)\d{2}[ \-.]?\d{6}[ \-.]?\d{6}[ \-.]?\d(?:[ \-/]?\d)?(?!\d)/g,
    isValid: (v) => isLuhn(digitsOf(v).slice(0, 15)),
    context: /imei|phone|handset|modem|sim|device|단말/i,
  },
  {
    category: 'imei',
    digitsMin: 15,
    pattern: /(?<!\d)(?:35|86|01|99)\d{4}[ \-.]?\d{2}[ \-.]?\d{6}[ \-.]?\d(?!\d)/g,
    isValid: (v) => isLuhn(digitsOf(v)),
  },
  {
    category: 'imei',
    digitsMin: 14,
    pattern: /(?<key>\bimei(?:sv)?(?: ?(?:no|number|\d))?["']?[ :=#]{1,4}(?:is )?["']?)\d(?:[ \-./]?\d){13,16}/gi,
  },
  {
    category: 'device-id',
    pattern:
      /(?<key>\b(?:imsi|iccid|meid|esn|msisdn|sim)(?: ?(?:no|number|card))?["']?[ :=#]{1,4}(?:is )?["']?)[0-9A-F](?:[ \-.]?[0-9A-F]){7,21}/gi,
  },
  { category: 'device-id', digitsMin: 18, pattern: /(?<!\d)89\d{2}(?:[ -]?\d){14,16}(?:[ -]?[\dF])?(?!\d)/g },
  {
    category: 'device-id',
    pattern:
      /(?<![A-Za-z0-9])[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}(?![A-Za-z0-9])/g,
  },
  // Bare hexadecimal of 12 or more: EUI, hashes, keys. A hash of an identifier is one.
  {
    category: 'device-id',
    pattern: /(?<![A-Za-z0-9])(?:0x)?[0-9A-Fa-f]{12,128}(?![A-Za-z0-9])/g,
    isValid: (v) => /\d/.test(v) && /[a-f]/i.test(v),
  },
  {
    category: 'device-id',
    pattern: /(?<![A-Za-z0-9])[0-9A-Fa-f]{8}(?![A-Za-z0-9])/g,
    isValid: (v) => /\d/.test(v),
    context: DEVICE_WORDS,
  },
  // ISO 3779: 17 characters without I, O and Q.
  {
    category: 'device-id',
    pattern: /(?<![A-Za-z0-9])[A-HJ-NPR-Z0-9]{17}(?![A-Za-z0-9])/gi,
    isValid: (v) => /\d{3}/.test(v) && /[A-Za-z]/.test(v),
  },
  {
    category: 'device-id',
    pattern:
      /(?<key>\b(?:dev[_ ]?(?:eui|addr)|app[_ ]?eui|join[_ ]?eui|gateway[_ ]?(?:id|eui)|device[_ ]?(?:id|name)|serial(?:[_ ]?(?:no|number))?|s\/n|vin|android[_ ]?id|idfa|gaid|aaid|udid|tag[_ ]?id|rfid|nfc[_ ]?(?:id|uid)|card[_ ]?id|badge[_ ]?id|ssid|bssid|hostname)["']?\s{0,2}(?:is\s|[:=#])\s{0,2}["']?)[^\s"',;<>]{3,64}/gi,
  },
  {
    category: 'device-id',
    pattern:
      /(?<key>(?:시리얼|일련\s?번호|기기\s?(?:번호|명)|차대\s?번호|단말기?\s?번호)\s{0,2}[:=]?\s{0,2})[A-Za-z0-9][A-Za-z0-9-]{3,40}/g,
  },
  // Whose it is stands in the name that a phone gives itself.
  {
    category: 'device-id',
    pattern:
      /(?:[가-힣]{2,4}의 ?|[\p{L}]{2,20}['’]s )(?:아이폰|아이패드|갤럭시|에어팟|iPhone|iPad|Galaxy|AirPods|MacBook|Pixel|Buds|Watch)(?: [A-Z0-9][A-Za-z0-9+]{0,9}){0,3}/gu,
    needs: /의|['’]s /,
  },
  // Bytes written one by one.
  { category: 'device-id', pattern: /(?:0x[0-9A-Fa-f]{2}[ ,;:]{1,2}){5,64}0x[0-9A-Fa-f]{2}/g },
];

export const findDevices = recogniser(RULES);
