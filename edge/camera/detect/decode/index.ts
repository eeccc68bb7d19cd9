/** Decoder by the name that the manifest uses. */
import type { ModelEntry } from '../manifest.ts';
import type { Decode } from './family.ts';
import { decodeLpdYunet } from './lpd-yunet.ts';
import { decodePicodet } from './picodet.ts';
import { decodeStreet } from './street.ts';
import { decodeYolox } from './yolox.ts';
import { decodeYunet } from './yunet.ts';

export const DECODERS: Readonly<Record<ModelEntry['decoder'], Decode>> = {
  'garim-street': decodeStreet,
  yunet: decodeYunet,
  'lpd-yunet': decodeLpdYunet,
  picodet: decodePicodet,
  yolox: decodeYolox,
};
