/** One message per line from standard input. The end of the input is the end of this intake. */
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../../base/errors.ts';
import { MESSAGE_BYTES_MAX } from '../../base/limits.ts';
import { linesInto } from './lines.ts';
import type { Intake, IntakeSink, IntakeState } from './port.ts';

export function openStreamIntake(input: Readable, sink: IntakeSink): Intake {
  const state: IntakeState = { state: 'connected', lastError: '' };
  const lines = linesInto(sink, MESSAGE_BYTES_MAX);
  const stop = new AbortController();
  const run = async (): Promise<void> => {
    for await (const chunk of input) {
      lines.push(chunk as Uint8Array);
      const waitMs = sink.waitMs();
      if (waitMs > 0) await sleep(waitMs, undefined, { signal: stop.signal });
      if (stop.signal.aborted) return;
    }
    lines.end();
    state.state = 'ended';
  };
  const running = run().catch((error: unknown) => {
    if (stop.signal.aborted) return;
    Object.assign(state, { state: 'ended', lastError: messageOf(error) });
  });
  return {
    state,
    async close() {
      stop.abort();
      input.destroy();
      await running;
    },
  };
}
