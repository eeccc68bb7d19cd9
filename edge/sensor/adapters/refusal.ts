/** The common radio signal of people who do not want to be counted: one for everybody, so that using it tells nobody apart. */

/** Service UUID that a phone or tag advertises over Bluetooth LE to be left out. Public; the same for all. */
const OPT_OUT_SERVICE_UUID = 'b9002720-e70f-4132-a07f-6172f3bee4f4';

/** `_nomap` at the end or `_optout` anywhere, as owners of access points already write it to stay out of location services. */
export function isOptOutNetworkName(name: string): boolean {
  const folded = name.replace(/[\0\s]+$/, '').toLowerCase();
  return folded.endsWith('_nomap') || folded.includes('_optout');
}

export function isOptOutService(uuid: string): boolean {
  return uuid.replaceAll(/[-\s]/g, '').toLowerCase() === OPT_OUT_SERVICE_UUID.replaceAll('-', '');
}
