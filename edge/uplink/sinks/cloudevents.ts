/** CloudEvents 1.0 in structured JSON over HTTP. `source` and `id` together make an event unique, so a repeat is recognised. */
import type { Release } from '../../sensor/messages.ts';
import type { Sink } from '../sink.ts';
import { type HttpTarget, post } from './http.ts';

export function cloudEventsSink(target: HttpTarget, box: string, shownUrl: string): Sink {
  return {
    target: shownUrl,
    async deliver(release, signal) {
      await post(target, 'application/cloudevents+json', cloudEventOf(release, box), signal);
    },
    async close() {},
  };
}

function cloudEventOf(release: Release, box: string): object {
  return {
    specversion: '1.0',
    id: release.id,
    source: `urn:garim:${box}:${release.sensor}`,
    type: `garim.release.${release.kind}`,
    time: new Date(release.window.endMs).toISOString(),
    datacontenttype: 'application/json',
    policyhash: release.policyDigest,
    data: release,
  };
}
