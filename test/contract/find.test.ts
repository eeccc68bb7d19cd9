/**
 * Goal: cameras are found and asked over the real protocols, passwords go out as digests only, and a device that lies, floods or hangs costs
 * nothing but itself. Method: real find processes against a simulated ONVIF camera (SOAP, WS-UsernameToken, WS-Discovery on loopback) and
 * an mDNS responder.
 */
import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { Bonjour } from 'bonjour-service';
import { pino } from 'pino';
import { WorldError } from '../../edge/base/errors.ts';
import { askDevice, searchDevices, setDeviceClock } from '../../edge/camera/find/finder.ts';
import { DEVICES_MAX } from '../../edge/camera/find/messages.ts';
import { ANSWER_BYTES_MAX } from '../../edge/camera/find/onvif.ts';
import {
  announce,
  envelope,
  type OnvifCamera,
  type OnvifCameraOptions,
  probeMatch,
  startOnvifCamera,
} from '../support/onvif-camera.ts';

const log = pino({ level: 'silent' });
const USER = 'in<stall>er';
const PASSWORD = 'pole-7-secret';
/** Devices here answer at once; on a busy machine that takes a while. */
const WAIT_MS = 2_500;

const MAIN = {
  token: 'main',
  encoding: 'H264',
  widthPx: 1920,
  heightPx: 1080,
  frameRate: 25,
  uri: 'rtsp://127.0.0.1:554/main?a=1&b=2',
};
const SUB = {
  token: 'sub',
  encoding: 'H264',
  widthPx: 640,
  heightPx: 360,
  frameRate: 12,
  uri: 'rtsp://127.0.0.1:554/sub',
};

const start = (options: Partial<OnvifCameraOptions> = {}): Promise<OnvifCamera> =>
  startOnvifCamera({ user: USER, password: PASSWORD, streams: [MAIN, SUB], ...options });

const loginTo = (camera: { port: number }, password = PASSWORD) => ({
  address: { host: '127.0.0.1', port: camera.port, path: '/onvif/device_service', isTls: false },
  user: USER,
  password,
});

test('a camera tells what it is, its streams and its clock, also where that is hours off', async () => {
  for (const clockOffsetMs of [0, -3 * 3_600_000, 40 * 86_400_000]) {
    await using camera = await start({ clockOffsetMs });
    const facts = await askDevice(loginTo(camera), { log });
    assert.equal(`${facts.manufacturer} ${facts.model}`, 'Example Street 4');
    assert.deepEqual(facts.streams, [
      { ...MAIN, name: 'main' },
      { ...SUB, name: 'sub' },
    ]);
    assert.ok(Math.abs((facts.clockOffsetMs ?? Number.NaN) - clockOffsetMs) < 3_000, `${facts.clockOffsetMs}`);
    assert.ok(!camera.bodies.some((body) => body.includes(PASSWORD)), 'the password went out');
  }
});

test('a wrong password is said to be one, and is asked for once per question', async () => {
  await using camera = await start();
  await assert.rejects(askDevice(loginTo(camera, 'guess-9-wrong'), { log }), (error) => {
    assert.ok(error instanceof WorldError);
    assert.equal(error.code, 'source-unauthorised');
    assert.equal(error.message, `127.0.0.1 port ${camera.port}: it refuses this user and password`);
    return true;
  });
  assert.ok(camera.asked.filter((action) => action.startsWith('!')).length <= 2, camera.asked.join());
});

test('a clock is set from this box, or made to follow a server', async () => {
  await using camera = await start({ clockOffsetMs: 7_200_000 });
  const offsetMs = await setDeviceClock(loginTo(camera), undefined, { log });
  assert.ok(Math.abs(offsetMs ?? Number.NaN) < 3_000, `${offsetMs}`);
  assert.ok(Math.abs(camera.clockOffsetMs) < 3_000, `${camera.clockOffsetMs}`);
  await setDeviceClock(loginTo(camera), '192.0.2.123', { log });
  assert.equal(camera.ntp, '192.0.2.123');
  await setDeviceClock(loginTo(camera), 'time.example', { log });
  assert.equal(camera.ntp, 'time.example');
});

test('hostile answers end in a message, within their bounds', async (t) => {
  const deep = '<a>'.repeat(100_000) + '</a>'.repeat(100_000);
  const bomb = `<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "${'ha'.repeat(100)}">${Array.from('bcdefgh', (name, i) => `<!ENTITY ${name} "${`&${'abcdefg'[i]};`.repeat(100)}">`).join('')}]>`;
  const lies: Record<string, [string, string, RegExp]> = {
    'an endless answer': ['GetProfiles', '', /larger than 1024 KiB/],
    'expanding entities': [
      'GetProfiles',
      bomb +
        envelope(
          '<trt:GetProfilesResponse><trt:Profiles token="m"><tt:Name>&h;</tt:Name></trt:Profiles></trt:GetProfilesResponse>',
        ),
      /does not answer as an ONVIF device/,
    ],
    'deep elements': ['GetDeviceInformation', envelope(deep), /does not answer as an ONVIF device|exit code|signal/],
    'no XML': ['GetSystemDateAndTime', '\u0000<html>', /does not answer as an ONVIF device/],
    'another answer': ['GetServices', envelope('<tds:Other/>'), /Optional Action Not Implemented/],
  };
  for (const [what, [action, body, expected]] of Object.entries(lies)) {
    await t.test(what, async () => {
      await using camera = await start({
        answers: {
          [action]: (response) => {
            if (body !== '') return void response.end(body);
            const chunk = Buffer.alloc(64 * 1024, ' ');
            let sent = 0;
            const more = (): void => {
              while (!response.destroyed && sent < 64 * ANSWER_BYTES_MAX) {
                sent += chunk.length;
                if (!response.write(chunk)) return void response.once('drain', more);
              }
              response.end();
            };
            more();
          },
        },
      });
      const asked = askDevice(loginTo(camera), { log, msMax: 120_000 });
      if (what === 'expanding entities') {
        const facts = await asked.catch((error: Error) => error);
        if (facts instanceof Error) assert.match(facts.message, expected);
        else assert.ok(JSON.stringify(facts).length < 10_000, 'entities were expanded');
      } else await assert.rejects(asked, { message: expected });
    });
  }
});

test('a device that takes the connection and says nothing is left after the time that was given', async () => {
  const server = createServer(() => {});
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  try {
    await assert.rejects(askDevice(loginTo({ port }), { log, msMax: 1_500 }), { message: /no end within 1.5 s/ });
  } finally {
    server.close();
  }
  await assert.rejects(askDevice(loginTo({ port }), { log }), { message: /ECONNREFUSED/ });
});

test('what a device says of itself is one plain line', async () => {
  const name = `Good\u202Ecam\u001b[2J &#10; ${'x'.repeat(1000)}`;
  await using camera = await start({
    answers: {
      GetDeviceInformation: (response) =>
        void response.end(
          envelope(
            `<tds:GetDeviceInformationResponse><tds:Manufacturer>${name.replace('\u001b', '&#155;')}</tds:Manufacturer><tds:Model>1</tds:Model></tds:GetDeviceInformationResponse>`,
          ),
        ),
    },
  });
  const { manufacturer } = await askDevice(loginTo(camera), { log });
  assert.match(manufacturer, /^Good cam \[2J x{100,200}$/);
});

test('a search finds each device once, at the address that it answers from', async () => {
  const devices = [
    { id: '1', name: 'Gate', url: 'http://127.0.0.1:8081/onvif/device_service' },
    { id: '1', name: 'Gate', url: 'http://127.0.0.1:8081/onvif/device_service' },
    { id: '2', name: 'Yard', url: 'http://192.0.2.55/onvif/x http://127.0.0.1/onvif/device_service' },
    { id: '3', name: 'Liar', url: 'http://192.0.2.66/onvif/device_service' },
    { id: '4', name: 'Odd', url: 'file:///etc/passwd' },
  ];
  const garbage = [
    Buffer.from('no XML'),
    Buffer.from('<a/>'),
    Buffer.alloc(9_000, 'xmlns'),
    Buffer.from(probeMatch(devices[0]!, 'x').replaceAll('d:ProbeMatch>', 'd:Other>')),
  ];
  await using _ = await announce(devices, garbage);
  const { devices: found, leftOut } = await searchDevices(['lo', 'nosuch0'], WAIT_MS, { log });
  const onvif = found.filter(({ via }) => via === 'onvif').sort((a, b) => a.id.localeCompare(b.id));
  const path = '/onvif/device_service';
  assert.deepEqual(onvif, [
    { via: 'onvif', id: 'urn:uuid:1', name: 'Gate', address: { host: '127.0.0.1', port: 8081, path, isTls: false } },
    { via: 'onvif', id: 'urn:uuid:2', name: 'Yard', address: { host: '127.0.0.1', port: 80, path, isTls: false } },
  ]);
  assert.equal(leftOut.filter((why) => /127\.0\.0\.1: its answer names no address of its own/.test(why)).length, 2);
  assert.ok(leftOut.includes('there is no interface nosuch0 with an IPv4 address'), leftOut.join('\n'));
});

test('of very many devices as many are told as a box could use', async () => {
  const many = Array.from({ length: DEVICES_MAX + 40 }, (_, index) => ({
    id: `many-${index}`,
    name: 'C',
    url: `http://127.0.0.1:${9000 + index}/o`,
  }));
  await using _ = await announce(many);
  const { devices, leftOut } = await searchDevices(['lo'], WAIT_MS, { log });
  assert.equal(devices.length, DEVICES_MAX);
  assert.ok(leftOut.includes(`more than ${DEVICES_MAX} devices answered: the rest is left out`), leftOut.join('\n'));
});

test('cameras that announce themselves by mDNS are found', async () => {
  const options = { interface: '127.0.0.1', bind: '0.0.0.0' };
  const responder = new Bonjour(options as unknown as ConstructorParameters<typeof Bonjour>[0]);
  try {
    responder.publish({
      name: 'Lane 4',
      type: 'rtsp',
      port: 8555,
      txt: { path: 'live/0' },
      host: 'lane4.local',
      probe: false,
    });
    const { devices } = await searchDevices(['lo'], 4_000, { log });
    const lane = devices.find((device) => device.via === 'mdns' && device.name === 'Lane 4');
    assert.deepEqual(lane, {
      via: 'mdns',
      id: 'Lane 4 127.0.0.1',
      name: 'Lane 4',
      host: '127.0.0.1',
      port: 8555,
      path: 'live/0',
    });
  } finally {
    await new Promise<void>((resolve) => responder.unpublishAll(() => resolve()));
    responder.destroy();
  }
});
