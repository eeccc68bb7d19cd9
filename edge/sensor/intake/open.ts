/** The intake of a kind. Libraries are loaded when a sensor needs them: most boxes have no serial line. */
import type { ResolvedIntake } from '../../config/intake.ts';
import type { CameraMessages } from './camera.ts';
import { openFileIntake } from './file.ts';
import type { Intake, IntakeSink } from './port.ts';
import { openStreamIntake } from './stream.ts';
import type { Webhooks } from './webhook.ts';

export interface IntakeContext {
  box: string;
  sensor: string;
  webhooks: Webhooks;
  cameras: CameraMessages;
}

export async function openIntake(
  settings: ResolvedIntake,
  { box, sensor, webhooks, cameras }: IntakeContext,
  sink: IntakeSink,
): Promise<Intake> {
  switch (settings.kind) {
    case 'mqtt':
      return (await import('./mqtt.ts')).openMqttIntake(settings, `garim-${box}-${sensor}`, sink);
    case 'webhook':
      return webhooks.open(sensor, settings, sink);
    case 'camera':
      return cameras.open(sensor, sink);
    case 'file':
      return openFileIntake(settings.path, sink);
    case 'stdin':
      return openStreamIntake(process.stdin, sink);
    case 'serial':
      return (await import('./serial.ts')).openSerialIntake(settings, sink);
  }
}
