/** When a release may leave. */
import type { Release } from './messages.ts';

/** Its window is over for as long again, whatever was in it: the time tells nothing about when the last reading came. */
export function dueMsOf({ window: { startMs, endMs } }: Pick<Release, 'window'>): number {
  return endMs + (endMs - startMs);
}
