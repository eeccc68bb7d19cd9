/** The sensor process's end of the channel to the agent: closed messages out, closed messages in. Without the agent it ends at once. */
import type { FromSensors, ToSensors } from './messages.ts';

/** Calls `receive` for each message of the agent. Throws outside a forked process. */
export function openChannel(receive: (message: ToSensors) => void): (message: FromSensors) => void {
  if (process.send === undefined) throw new Error('this program is started by the Garim agent, not by hand');
  process.on('message', (message) => receive(message as ToSensors));
  process.on('disconnect', () => process.exit(0));
  return (message) => {
    process.send?.(message, undefined, {}, () => {});
  };
}
