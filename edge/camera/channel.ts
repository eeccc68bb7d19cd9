/**
 * The camera process's end of the wire to the agent: closed messages out, closed messages in.
 *
 * Bounded: an access unit that would have to wait behind more than the bound is refused (the caller then skips to the next key frame).
 */
import { CAMERA_CHANNEL_BACKLOG_BYTES_MAX } from '../base/limits.ts';
import { openParentWire } from '../base/wire.ts';
import type { FromCamera, ToCamera } from './messages.ts';

export interface Channel {
  /** False when the message was refused because the agent does not keep up. */
  send(message: FromCamera): boolean;
  /** The last message; the process ends when it is sent, or can't be. */
  sendAndExit(message: Extract<FromCamera, { type: 'stopped' }>): void;
}

/** Calls `receive` for each message of the agent. Throws outside a forked process. */
export function openChannel(receive: (message: ToCamera) => void): Channel {
  const wire = openParentWire((message) => receive(message as ToCamera));
  return {
    send(message) {
      const bytes = message.type === 'access-unit' ? message.unit.data.byteLength : 0;
      if (bytes > 0 && wire.waitingBytes + bytes > CAMERA_CHANNEL_BACKLOG_BYTES_MAX) return false;
      return wire.send(message);
    },
    sendAndExit(message) {
      if (!wire.send(message, () => process.exit(0))) process.exit(0);
    },
  };
}
