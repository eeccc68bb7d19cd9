/**
 * NGSI-LD over HTTP (ETSI GS CIM 009), as Korea's City Data Hub and FIWARE brokers speak it: a batch upsert, which makes a repeat harmless
 * since entities have the same ids.
 */
import { WorldError } from '../../base/errors.ts';
import { entitiesOf } from '../entities.ts';
import type { Sink } from '../sink.ts';
import { type HttpTarget, isRefusal, post } from './http.ts';

const BATCH_PATH = 'ngsi-ld/v1/entityOperations/upsert';
/** Most brokers take 1,000 at once; smaller batches keep a fault small. */
const ENTITIES_EACH_MAX = 100;

export function ngsiLdSink(hub: HttpTarget, box: string, shownUrl: string): Sink {
  const { url } = hub;
  const target = { ...hub, url: new URL(BATCH_PATH, url.endsWith('/') ? url : `${url}/`).href };
  return {
    target: shownUrl,
    async deliver(release, signal) {
      const entities = entitiesOf(release, box);
      for (let from = 0; from < entities.length; from += ENTITIES_EACH_MAX) {
        const batch = entities.slice(from, from + ENTITIES_EACH_MAX);
        const { status, text } = await post(target, 'application/ld+json', batch, signal);
        if (status === 207) throwFirstError(text);
      }
    },
    async close() {},
  };
}

/** 207: some entities were taken and some were not; each error holds the status that it would have had alone. */
function throwFirstError(text: string): void {
  let errors: { error?: { status?: unknown; title?: unknown } }[];
  try {
    errors = (JSON.parse(text) as { errors?: typeof errors }).errors ?? [];
  } catch {
    throw new WorldError('hub-unreachable', 'the hub answered 207 with what is no JSON');
  }
  const statuses = errors.map(({ error }) => Number(error?.status ?? 400));
  if (statuses.length === 0) return;
  const said = `the hub did not take ${statuses.length} of the entities: ${String(errors[0]?.error?.title ?? statuses[0])}`;
  throw new WorldError(statuses.every(isRefusal) ? 'hub-refused' : 'hub-unreachable', said);
}
