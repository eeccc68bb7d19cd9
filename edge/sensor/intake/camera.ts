/** Counts of this box's cameras: the agent hands them over, one message at a time. It can't be kept waiting, so a flood is refused and counted. */
import { MESSAGE_BYTES_MAX } from '../../base/limits.ts';
import type { Intake, IntakeSink } from './port.ts';

export class CameraMessages {
  readonly #sinks = new Map<string, IntakeSink>();

  open(sensor: string, sink: IntakeSink): Intake {
    this.#sinks.set(sensor, sink);
    return {
      state: { state: 'connected', lastError: '' },
      close: async () => {
        this.#sinks.delete(sensor);
      },
    };
  }

  /** A sensor that no camera feeds takes nothing. */
  take(sensor: string, message: Uint8Array): void {
    const sink = this.#sinks.get(sensor);
    if (sink === undefined) return;
    if (message.byteLength > MESSAGE_BYTES_MAX) sink.dropped('too-large');
    else if (sink.waitMs() > 0) sink.dropped('rate');
    else sink.take(message);
  }
}
