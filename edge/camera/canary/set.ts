/** Which people and vehicles are shown: figures of two sets must not be taken for one. */
import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';

/** Changes with the way canaries are drawn, chosen or judged. */
const SET_VERSION = 4;
/** Faces of 200 px and vehicles as near are drawn a little softer: what a camera process has to keep for a round counts more. */
export const CANARY_CAST = { markers: false, riders: false, halvings: 1 } as const;

/** sha256 of the set's canonical JSON (RFC 8785), hex. */
export function canarySetDigest(seed: number): string {
  const text = canonicalize({ v: SET_VERSION, cast: 'street', seed }) ?? '';
  return createHash('sha256').update(text).digest('hex');
}
