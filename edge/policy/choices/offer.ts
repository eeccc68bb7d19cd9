/** What can be chosen at a box, for anybody who asks: the signals it honours, what its sensors ask consent for, zones, and its token keys. */
import type { Policy } from '../schema.ts';
import { type CategoryId, categoryOf } from '../taxonomy.ts';
import { categoriesAskedFor } from './consent-record.ts';
import type { TokenPublicKeys } from './exchange.ts';
import { OPT_OUT_NETWORK_NAMES, OPT_OUT_SERVICE_UUID } from './signals.ts';
import { ZONE_PAUSE_MS } from './zone-pauses.ts';

interface AskingSensor {
  purpose: string;
  notice: string;
  /** What is used of people who agreed. */
  uses: CategoryId[];
  /** Identifiers that an opt-in can be given for. */
  identifiers: CategoryId[];
}

export interface ChoiceOffer {
  v: 1;
  /** Stands in each token. */
  box: string;
  signals: { networkNames: readonly string[]; bleService: string };
  pauses: { zones: string[]; lastsMs: number };
  optIns: Record<string, AskingSensor>;
  /** Base64. */
  tokenKeys: Record<keyof TokenPublicKeys, { epoch: number; publicKey: string }>;
}

export function offerOf(policy: Policy, box: string, keys: TokenPublicKeys): ChoiceOffer {
  const sensors = Object.entries(policy.sensors);
  const { controller } = policy;
  const asking = sensors.flatMap(([name, sensor]): [string, AskingSensor][] => {
    const uses = categoriesAskedFor(sensor);
    if (uses.length === 0 || controller === undefined) return [];
    const categories = new Set(Object.values(sensor.fields).map(({ category }) => category));
    const identifiers = [...categories].filter((category) => categoryOf(category).mode !== 'free').sort();
    return [[name, { purpose: sensor.purpose, notice: controller.notice, uses, identifiers }]];
  });
  const shown = ({ epoch, publicKey }: TokenPublicKeys['pause']) => ({
    epoch,
    publicKey: Buffer.from(publicKey).toString('base64'),
  });
  return {
    v: 1,
    box,
    signals: { networkNames: OPT_OUT_NETWORK_NAMES, bleService: OPT_OUT_SERVICE_UUID },
    pauses: { zones: [...new Set(sensors.map(([name, { zone }]) => zone ?? name))].sort(), lastsMs: ZONE_PAUSE_MS },
    optIns: Object.fromEntries(asking),
    tokenKeys: { 'opt-in': shown(keys['opt-in']), pause: shown(keys.pause) },
  };
}
