/** The sensor process's end of the wire to the agent: closed messages out, closed messages in. */
import { openParentWire } from '../base/wire.ts';
import type { FromSensors, ToSensors } from './messages.ts';

/** Calls `receive` for each message of the agent. Throws outside a process that the agent started. `onSent` is called in any case. */
export function openChannel(
  receive: (message: ToSensors) => void,
): (message: FromSensors, onSent?: () => void) => void {
  const wire = openParentWire((message) => receive(message as ToSensors));
  return (message, onSent) => {
    if (!wire.send(message, onSent)) onSent?.();
  };
}
