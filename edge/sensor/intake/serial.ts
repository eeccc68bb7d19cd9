/** One message per line from a serial device. A device that is unplugged is opened again when it is back. */
import { autoDetect } from '@serialport/bindings-cpp';
import { SerialPortStream } from '@serialport/stream';
import { Backoff } from '../../base/backoff.ts';
import { messageOf } from '../../base/errors.ts';
import { MESSAGE_BYTES_MAX } from '../../base/limits.ts';
import { linesInto } from './lines.ts';
import type { Intake, IntakeSink, IntakeState } from './port.ts';

export function openSerialIntake({ device, baud }: { device: string; baud: number }, sink: IntakeSink): Intake {
  const state: IntakeState = { state: 'connecting', lastError: '' };
  const lines = linesInto(sink, MESSAGE_BYTES_MAX);
  const backoff = new Backoff();
  let port: SerialPortStream | undefined;
  let timer: NodeJS.Timeout | undefined;
  let isClosed = false;

  const lost = (opened: SerialPortStream, error: unknown): void => {
    if (port !== opened || isClosed) return;
    port = undefined;
    clearTimeout(timer);
    opened.destroy();
    const lastError = error === null || error === undefined ? `${device} is gone` : messageOf(error);
    Object.assign(state, { state: 'lost', lastError });
    timer = setTimeout(connect, backoff.nextMs());
  };
  const connect = (): void => {
    const opened = new SerialPortStream({ binding: autoDetect(), path: device, baudRate: baud, autoOpen: false });
    port = opened;
    lines.reset(); // half a line of before; half a line of now is malformed, and counted as that
    opened.on('data', (chunk: Uint8Array) => {
      lines.push(chunk);
      const waitMs = sink.waitMs();
      if (waitMs === 0) return;
      opened.pause();
      timer = setTimeout(() => opened.resume(), waitMs);
    });
    opened.on('error', (error) => lost(opened, error));
    opened.on('close', (error: unknown) => lost(opened, error));
    opened.open((error) => {
      if (error !== null && error !== undefined) return lost(opened, error);
      backoff.reset();
      Object.assign(state, { state: 'connected', lastError: '' });
    });
  };
  connect();
  return {
    state,
    async close() {
      isClosed = true;
      clearTimeout(timer);
      const open = port;
      if (open === undefined || !open.isOpen) return void open?.destroy();
      await new Promise<void>((resolve) => open.close(() => resolve()));
    },
  };
}
