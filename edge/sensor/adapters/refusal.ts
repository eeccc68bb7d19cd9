/** The common radio signal of people who do not want to be counted: one for everybody, so that using it tells nobody apart. */

/** Service UUID that a phone or tag advertises over Bluetooth LE to be left out. Public; the same for all. */
const OPT_OUT_SERVICE_UUID = '8c7e1d0a-4f0b-4d5e-9a53-6f7074206f75';

/** `_nomap` at the end or `_optout` anywhere, as owners of access points already write it to stay out of location services. */
export function isRefusingNetworkName(name: string): boolean {
  const folded = name.trim().toLowerCase();
  return folded.endsWith('_nomap') || folded.includes('_optout');
}

export function isRefusingServiceUuid(uuid: string): boolean {
  return uuid.trim().toLowerCase() === OPT_OUT_SERVICE_UUID;
}
