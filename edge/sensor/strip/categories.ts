/**
 * What an identifier in free text can be. The ids stand in outputs as `[id]`, in reports, and in policies: they never change.
 *
 * The order is the precedence of overlapping finds, the most telling first: what is both a Korean resident number and a long number is
 * called the former.
 */
export const TEXT_CATEGORIES = [
  'credential',
  'kr-rrn',
  'imei',
  'payment-card',
  'bank-account',
  'url',
  'email',
  'ip-address',
  'mac-address',
  'device-id',
  'crypto-address',
  'date-of-birth',
  'location',
  'national-id',
  'phone',
  'plate',
  'address',
  'account',
  'name',
  'age',
  'date',
  'number',
] as const;

export type TextCategory = (typeof TEXT_CATEGORIES)[number];

/** What each category takes in; printed by `garim strip-text --help`. */
export const CATEGORY_SUMMARIES: Readonly<Record<TextCategory, string>> = {
  credential: 'passwords, keys, tokens, private keys, and opaque strings that look like one',
  'kr-rrn': 'Korean resident and foreigner registration numbers',
  'payment-card': 'payment card numbers',
  'bank-account': 'IBAN, account and routing numbers',
  email: 'e-mail addresses, also written out',
  url: 'web addresses and domain names',
  'mac-address': 'hardware addresses',
  'ip-address': 'IPv4 and IPv6 addresses and networks',
  imei: 'IMEI of a phone or modem',
  'device-id': 'EUI-64, UUID, IMSI, ICCID, VIN, advertising and serial numbers',
  'crypto-address': 'addresses of crypto wallets',
  'national-id': 'identity, tax, insurance, health, passport and driving licence numbers',
  phone: 'telephone numbers',
  plate: 'vehicle registrations',
  location: 'coordinates, places and countries',
  'date-of-birth': 'dates of birth',
  address: 'streets, postal codes, post boxes',
  name: 'names of people, and other proper nouns',
  account: 'user names, handles and customer numbers',
  age: 'ages',
  date: 'dates finer than a year',
  number: 'longer numbers and codes of unknown kind',
};
