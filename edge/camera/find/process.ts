/**
 * Entry of the find process: answers one question about devices on the network. A process of its own, since what devices answer
 * goes through libraries that were not made for hostile ones: it may hang or die here without harm.
 */
import { messageOf } from '../../base/errors.ts';
import { registerSecret } from '../../base/secrets.ts';
import { openParentWire } from '../../base/wire.ts';
import { discover } from './discover.ts';
import { cleaned, type FromFinder, type ToFinder } from './messages.ts';
import { askDevice, DeviceFailure, setClock } from './onvif.ts';

process.title = 'garim-find';
let isAsked = false;
const wire = openParentWire((message) => {
  if (isAsked) return;
  isAsked = true;
  void answer(message as ToFinder);
});

/** The other side ends this process at `done`: what is said before must have been read by then. */
const send = (message: FromFinder): void => void wire.send(message);

async function answer(request: ToFinder): Promise<void> {
  try {
    if (request.type === 'discover') {
      await discover(request.interfaces, request.waitMs, send);
    } else {
      registerSecret(request.password);
      if (request.type === 'ask') send({ type: 'facts', facts: await askDevice(request) });
      else await answerClock(request);
    }
  } catch (error) {
    const reason = error instanceof DeviceFailure ? error.reason : 'not-onvif';
    send({ type: 'failed', reason, why: cleaned(messageOf(error)) });
  }
  send({ type: 'done' });
}

async function answerClock(request: Extract<ToFinder, { type: 'set-clock' }>): Promise<void> {
  const clockOffsetMs = await setClock(request, request.ntp);
  const facts = { manufacturer: '', model: '', streams: [], ...(clockOffsetMs !== undefined && { clockOffsetMs }) };
  send({ type: 'facts', facts });
}
