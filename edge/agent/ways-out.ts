/** Where a camera's feed goes without a viewer that logs in: segments on disk and push targets. Each is a use, opened when it is on record. */
import type { Log } from '../base/log.ts';
import type { CameraSettings } from '../config/schema.ts';
import type { Feed } from '../gateway/feed.ts';
import { type Push, startPush } from '../gateway/push/push.ts';
import { type Segments, startSegments } from '../gateway/segments/recorder.ts';
import type { UseDesk } from '../gateway/use/desk.ts';
import { type StandingUse, standUse } from '../gateway/use/held.ts';
import type { AgentHealthBook } from './health.ts';
import type { Metrics } from './metrics.ts';

interface WaysOutOptions {
  feed: Feed;
  settings: Pick<CameraSettings, 'segments' | 'push' | 'tls'>;
  desk: UseDesk;
  health: AgentHealthBook;
  metrics: Metrics;
  log: Log;
}

/** Before it is opened, and after it lapsed, nothing is written: the use says why. */
const NOT_OPEN = { state: 'paused', advice: '', unitsSkipped: 0 } as const;

/** What to close at the end, by name. */
export function startWaysOut({ feed, settings, desk, health, metrics, log }: WaysOutOptions): [string, StandingUse][] {
  const { segments, push, tls } = settings;
  const request = { feed: feed.name, kind: 'camera', asked: {} } as const;
  const started: [string, StandingUse][] = [];
  if (segments !== undefined) {
    let recorder: Segments | undefined;
    metrics.watchSegments(feed.name, {
      get state() {
        return recorder?.state ?? NOT_OPEN;
      },
    });
    health.watchSegments(() => recorder?.state);
    const open = () => {
      recorder = startSegments({ feed, ...segments, log });
      return recorder;
    };
    const use = standUse({ desk, request: { ...request, puller: `segments:${feed.name}`, way: 'segments' }, open });
    started.push([`segments of ${feed.name}`, use]);
  }
  for (const [index, url] of push.entries()) {
    let target: Push | undefined;
    health.watchPush(feed.name, () => target?.state);
    const open = () => {
      target = startPush({ feed, url, ca: tls?.ca, metrics, log: log.child({ camera: feed.name }) });
      return target;
    };
    const use = standUse({
      desk,
      request: { ...request, puller: `push:${feed.name}:${index + 1}`, way: 'push' },
      open,
    });
    started.push([`push of ${feed.name}`, use]);
  }
  for (const [, use] of started) health.watchNotices(use);
  return started;
}
