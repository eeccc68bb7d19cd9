/**
 * The camera process's end of the channel to the agent: closed messages out, closed messages in.
 *
 * Bounded: bytes that the agent has not taken yet are counted, and an access unit beyond the bound is refused (the caller then skips to
 * the next key frame). When the agent goes away the process ends at once: without it nothing could be shown to anybody.
 */
import { CAMERA_CHANNEL_BACKLOG_BYTES_MAX } from '../base/limits.ts';
import type { FromCamera, ToCamera } from './messages.ts';

export interface Channel {
  /** False when the message was refused because the agent does not keep up. */
  send(message: FromCamera): boolean;
}

/** Calls `receive` for each message of the agent. Throws outside a forked process. */
export function openChannel(receive: (message: ToCamera) => void): Channel {
  if (process.send === undefined) throw new Error('this program is started by the Garim agent, not by hand');
  let waitingBytes = 0;
  process.on('message', (message) => receive(message as ToCamera));
  process.on('disconnect', () => process.exit(0));
  return {
    send(message) {
      const bytes = message.type === 'access-unit' ? message.unit.data.byteLength : 0;
      if (waitingBytes + bytes > CAMERA_CHANNEL_BACKLOG_BYTES_MAX && bytes > 0) return false;
      waitingBytes += bytes;
      process.send?.(message, undefined, {}, () => {
        waitingBytes -= bytes;
      });
      return true;
    },
  };
}
