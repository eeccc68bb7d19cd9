/**
 * A sensor process for tests of what supervises it: speaks the messages and misbehaves as the name of its box says: `good`, `mute` (says
 * nothing at all), `garbage` (every malformed message we could think of, then goes on as good), `deaf` (does not stop when asked),
 * `no-answer` (good, but answers no request), `crash-on-request`.
 */
import { openParentWire } from '../../edge/base/wire.ts';
import type { FromSensors, ToSensors } from '../../edge/sensor/messages.ts';
import { releaseOf } from './hub-releases.ts';
import { SENSOR_GARBAGE } from './sensor-garbage.ts';

type Start = Extract<ToSensors, { type: 'start' }>;

const say = (message: FromSensors | object | string | number): void => {
  wire.send(message);
};

let kind = '';
const wire = openParentWire((raw) => {
  const message = raw as ToSensors;
  if (message.type === 'start') start(message);
  if (message.type === 'stop' && kind !== 'deaf') process.exit(0);
  if (message.type === 'choice') {
    if (kind === 'crash-on-request') process.exit(7);
    if (kind !== 'no-answer') say({ type: 'choice-answer', id: message.id, answer: { kind: 'withdrawal' } });
  }
});

function start({ box, policy, policyDigest }: Start): void {
  kind = box;
  if (kind === 'mute') return;
  if (kind === 'garbage') for (const item of SENSOR_GARBAGE) say(item);
  const [name = '', { purpose, release: released, windowMs } = assertSensor()] =
    Object.entries(policy.sensors)[0] ?? [];
  const status = (): void =>
    say({
      type: 'status',
      sensors: {
        [name]: {
          intake: { state: 'connected', lastError: '' },
          counts: { messages: 1, readings: 1, dropped: {}, releases: 0, withheld: {}, suppressedCells: 0 },
          openWindows: 2,
          heldReleases: 1,
        },
      },
    });
  status();
  setInterval(status, 50);
  const window = { startMs: 0, endMs: windowMs };
  const { place: _, ...plain } = releaseOf(1, {
    sensor: name,
    kind: released,
    purpose,
    policyDigest,
    window,
    cells: [{ group: {}, figures: { contributors: 20 } }],
  });
  say({ type: 'release', release: plain });
  say({ type: 'release', release: { ...plain, purpose: 'city:Policing' } });
  say({ type: 'choice-effect', choice: 'opt-out-list', tookMs: 1_500 });
}

function assertSensor(): never {
  throw new Error('the policy names no sensor');
}
