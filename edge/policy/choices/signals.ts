/**
 * The common radio signals that say "leave me out". Everybody who refuses sends the same one: a signal of one's own would be a tracker.
 * Adapters set `Reading.isRefusal` with these.
 */

/**
 * The BLE service that means refusal: advertise it, connectable or not, with no data. Fixed for all boxes and cities, and never changed:
 * phones have it built in.
 */
export const OPT_OUT_SERVICE_UUID = '8c7e1d0a-4f0b-4d5e-9a53-6f7074206f75';

const UUID_HEX = OPT_OUT_SERVICE_UUID.replaceAll('-', '');
const UUID_HEX_REVERSED = Buffer.from(UUID_HEX, 'hex').reverse().toString('hex');

/** Whether a 128-bit service UUID is the refusal, in any case, with hyphens or without, and also in the byte order of the air. */
export function isOptOutService(uuid: string): boolean {
  const hex = uuid
    .replaceAll(/[-:\s{}]/g, '')
    .toLowerCase()
    .replace(/^0x/, '');
  return hex === UUID_HEX || hex === UUID_HEX_REVERSED;
}

/** At the end of a network's name, and anywhere in it: for people to read. */
export const OPT_OUT_NETWORK_NAMES = ['..._nomap', '..._optout...'] as const;

/**
 * Whether the name of a Wi-Fi network asks to be left out: it ends in `_nomap`, or holds `_optout` anywhere, as the two location services
 * that introduced them read it. Case does not count, nor what a driver pads the name with.
 */
export function isOptOutNetworkName(ssid: string): boolean {
  const name = ssid.replace(/[\0\s]+$/, '').toLowerCase();
  return name.endsWith('_nomap') || name.includes('_optout');
}
