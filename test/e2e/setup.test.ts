/**
 * Goal: `garim setup` takes a box from nothing to a configuration with which `garim run` serves filtered pictures over TLS; a wrong password, a
 * lying camera and a second run change nothing. Method: the real command with answers files, a simulated ONVIF camera in front of
 * GStreamer's RTSP server, and a client that trusts only the certificate that was made. A machine that is too busy covers pictures whole, and
 * the checklist warns of it: that is no fault here.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { get } from 'node:https';
import path from 'node:path';
import { test } from 'node:test';
import sharp from 'sharp';
import { boxCertificate } from '../../edge/agent/certificate/own.ts';
import { systemClock } from '../../edge/base/clock.ts';
import { packageRoot } from '../../edge/base/paths.ts';
import { browserPath, launchBrowser } from '../support/browser.ts';
import { childrenOf, PASSWORD, startGarim, titleOf, USER, until } from '../support/garim.ts';
import { garim, type Outcome } from '../support/garim-command.ts';
import { announce, type OnvifCameraOptions, startOnvifCamera } from '../support/onvif-camera.ts';
import { rtspServerMissing, startRtspServer } from '../support/rtsp-server.ts';
import { needs } from '../support/shared.ts';
import { TempDir } from '../support/temp.ts';

const CAMERA_PASSWORD = 'pole%7/se:cret';
const OPERATOR = 'operator-password-1';

/** All that any process of the command showed to `ps`, and its environment. */
function watchTitles(seen: Set<string>): (child: ChildProcess) => void {
  return (child) => {
    const timer = setInterval(() => {
      for (const pid of [child.pid!, ...childrenOf(child.pid!)]) {
        seen.add(titleOf(pid));
        try {
          seen.add(readFileSync(`/proc/${pid}/environ`, 'latin1'));
        } catch {
          // It is gone.
        }
      }
    }, 50);
    child.once('exit', () => clearInterval(timer));
  };
}

function filesBelow(dir: string): string[] {
  return readdirSync(dir, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name));
}

test('from a simulated street to pictures over TLS; a second run changes nothing', async () => {
  using dir = new TempDir({
    'answers.yaml': `cameras: { street: { url: simulated } }
measure: false
user: { name: operator, password: { file: operator.password } }
http: { listen: 127.0.0.1:0 }
rtsp: { listen: 127.0.0.1:0 }
`,
    'operator.password': `${OPERATOR}\n`,
  });
  const setup = (...args: string[]): Promise<Outcome> =>
    garim(['setup', '--answers', 'answers.yaml', ...args], { cwd: dir.path });
  const first = await setup();
  assert.equal(first.code, 0, first.stderr + first.stdout);
  assert.match(first.stdout, /^(ok|warn) +camera street +simulated \d+x\d+ 25 fps \(the only stream; /m);
  assert.match(first.stdout, /^ok +certificate +made, valid until \d{4}-\d\d-\d\d; SHA-256 [0-9A-F:]{95}$/m);
  assert.match(first.stdout, /^ok +configuration +garim\.yaml: wrote cameras\.street, /m);
  const picture = await sharp(path.join(dir.path, 'state/setup/street.jpg')).metadata();
  assert.deepEqual([picture.format, (picture.width ?? 0) > 300], ['jpeg', true]);
  for (const file of filesBelow(path.join(dir.path, 'state'))) assert.equal(statSync(file).mode & 0o077, 0, file);

  const config = readFileSync(path.join(dir.path, 'garim.yaml'), 'utf8');
  const certificate = readFileSync(path.join(dir.path, 'state/tls/box.crt'));
  const users = readFileSync(path.join(dir.path, 'state/users.json'), 'utf8');
  const second = await setup();
  assert.equal(second.code, 0, second.stderr);
  assert.match(second.stdout, /^ok +configuration +garim\.yaml has it all and stays as it is$/m);
  assert.equal(readFileSync(path.join(dir.path, 'garim.yaml'), 'utf8'), config);
  assert.deepEqual(readFileSync(path.join(dir.path, 'state/tls/box.crt')), certificate);
  assert.equal(readFileSync(path.join(dir.path, 'state/users.json'), 'utf8'), users);

  let output = '';
  let child: ChildProcess | undefined;
  const run = garim(['run'], {
    cwd: dir.path,
    onStart: (started) => {
      child = started;
      started.stderr?.on('data', (text: string) => {
        output += text;
      });
    },
  });
  try {
    await until('garim serves', () => /^Web page {2}https:\/\//m.test(output));
    const port = Number(/^Web page {2}https:\/\/[^/]*:(\d+)\//m.exec(output)?.[1]);
    await until('a picture', async () => {
      const { status, body } = await fetchOver(port, '/cameras/street/snapshot.jpg', certificate);
      return status === 200 && (await sharp(body).metadata()).format === 'jpeg';
    });
    assert.match(output, /^RTSP {6}rtsp:\/\//m, 'rtsps was not asked for');
  } finally {
    child?.kill('SIGTERM');
    await run;
  }

  const replaced = await setup('--replace');
  assert.equal(replaced.code, 0, replaced.stderr);
  const kept = readdirSync(dir.path).filter((name) => /^garim\.yaml\.\d{8}T\d{6}$/.test(name));
  assert.equal(kept.length, 1, 'the configuration before is kept');
  assert.equal(readFileSync(path.join(dir.path, kept[0]!), 'utf8'), config);
});

/** As a browser that was told to trust this certificate and no other. */
function fetchOver(port: number, pathname: string, ca: Buffer): Promise<{ status: number; body: Buffer }> {
  return new Promise((resolve, reject) => {
    const request = get(
      { host: '127.0.0.1', port, path: pathname, ca, auth: `operator:${OPERATOR}`, agent: false },
      (response) => {
        const parts: Buffer[] = [];
        response.on('data', (part: Buffer) => parts.push(part));
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(parts) }));
      },
    );
    request.on('error', reject);
  });
}

test('an ONVIF camera is set up by its real protocols', { skip: rtspServerMissing() }, async (t) => {
  await using server = await startRtspServer({
    mounts: { main: { file: 'test', codec: 'h264' }, sub: { file: 'test', codec: 'mjpeg' } },
    user: 'admin',
    password: CAMERA_PASSWORD,
  });
  const streams = [
    { token: 'main', encoding: 'H264', widthPx: 1920, heightPx: 1080, frameRate: 25, uri: server.url('main') },
    { token: 'sub', encoding: 'JPEG', widthPx: 640, heightPx: 360, frameRate: 25, uri: server.url('sub') },
  ];
  const camera = (options: Partial<OnvifCameraOptions> = {}) =>
    startOnvifCamera({ user: 'admin', password: CAMERA_PASSWORD, streams, clockOffsetMs: -5 * 3_600_000, ...options });
  using dir = new TempDir({ 'gate.password': `${CAMERA_PASSWORD}\n`, 'wrong.password': 'guess-of-mine-1\n' });
  const titles = new Set<string>();
  const setup = async (answers: string): Promise<Outcome> => {
    writeFileSync(path.join(dir.path, 'answers.yaml'), `${answers}\nmeasure: false\ncertificate: none\n`);
    const outcome = await garim(['setup', '--answers', 'answers.yaml'], {
      cwd: dir.path,
      onStart: watchTitles(titles),
    });
    const shown = outcome.stdout + outcome.stderr + [...titles].join('\n');
    for (const secret of [CAMERA_PASSWORD, encodeURIComponent(CAMERA_PASSWORD), 'guess-of-mine-1']) {
      assert.ok(!shown.includes(secret), `a password was shown:\n${outcome.stdout}${outcome.stderr}`);
    }
    return outcome;
  };

  await t.test('a wrong password is named by its key, and nothing is written', async () => {
    await using onvif = await camera();
    const { code, stderr } = await setup(
      `cameras: { gate: { onvif: "${onvif.address}", user: admin, password: { file: wrong.password } } }`,
    );
    assert.equal(code, 1);
    assert.match(stderr, /^cameras\.gate\.password: 127\.0\.0\.1 port \d+: it refuses this user and password$/m);
    assert.ok(!existsSync(path.join(dir.path, 'garim.yaml')) && !existsSync(path.join(dir.path, 'state')));
  });

  await t.test('streams on another host are refused', async () => {
    await using onvif = await camera({ streams: streams.map((stream) => ({ ...stream, uri: 'rtsp://192.0.2.99/x' })) });
    const { code, stderr } = await setup(
      `cameras: { gate: { onvif: "${onvif.address}", user: admin, password: { file: gate.password } } }`,
    );
    assert.equal(code, 1);
    assert.match(stderr, /^cameras\.gate\.onvif: .*says that it is at 192\.0\.2\.99/m);
    assert.match(stderr, /cameras\.gate\.streamHost: 192\.0\.2\.99/);
  });

  await t.test('the right answers give a configuration, a filtered picture and a word on its clock', async () => {
    await using onvif = await camera();
    const { code, stdout, stderr } = await setup(
      `cameras: { gate: { onvif: "${onvif.address}", user: admin, password: { file: gate.password } } }`,
    );
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^(ok|warn) +camera gate +Example Street 4, h264 640x360 25 fps \(the largest picture; /m);
    assert.match(stdout, /^warn +clock of gate +5 h behind this box/m);
    assert.match(stderr, /^Password {2}[a-z0-9]{5}(-[a-z0-9]{5}){3}$/m, 'the first user is shown once');
    const url = path.join(dir.path, 'state/sources/gate.url');
    assert.equal(statSync(url).mode & 0o777, 0o600);
    assert.ok(readFileSync(url, 'utf8').startsWith(`rtsp://admin:${encodeURIComponent(CAMERA_PASSWORD)}@127.0.0.1:`));
    assert.ok(!readFileSync(path.join(dir.path, 'garim.yaml'), 'utf8').includes('admin'));
    assert.equal((await sharp(path.join(dir.path, 'state/setup/gate.jpg')).metadata()).width, 640);
    const check = await garim(['config', 'check', 'garim.yaml'], { cwd: dir.path });
    assert.equal(check.stdout, 'garim.yaml: valid, 1 camera\n');
  });

  await t.test('the small stream is taken where it is asked for, beside what is there', async () => {
    await using onvif = await camera();
    const { code, stdout, stderr } = await setup(
      `cameras: { lane: { onvif: "${onvif.address}", user: admin, password: { file: gate.password }, stream: sub } }
time: { cameras: set, ntp: 192.0.2.123 }`,
    );
    assert.equal(code, 0, stderr);
    assert.match(
      stdout,
      /^(ok|warn) +camera lane +Example Street 4, mjpeg 640x360 \d+ fps \(the sub stream, as asked; /m,
    );
    assert.match(stdout, /^ok +clock of lane +set; as this box$/m);
    assert.equal(onvif.ntp, '192.0.2.123');
    assert.match(readFileSync(path.join(dir.path, 'garim.yaml'), 'utf8'), /^ {2}gate:[\s\S]*^ {2}lane:/m);
  });
});

test('a camera is added in the browser', { skip: rtspServerMissing() || needs(browserPath, 'Chromium') }, async () => {
  await using server = await startRtspServer({
    mounts: { main: { file: 'test', codec: 'h264' } },
    user: 'admin',
    password: CAMERA_PASSWORD,
  });
  const main = { token: 'main', encoding: 'H264', widthPx: 640, heightPx: 360, frameRate: 25, uri: server.url('main') };
  await using onvif = await startOnvifCamera({ user: 'admin', password: CAMERA_PASSWORD, streams: [main] });
  await using box = await startGarim({ config: { cameras: { street: { source: 'simulated' } } } });
  const browser = await launchBrowser();
  try {
    const page = await (await browser.newContext({ locale: 'en-US' })).newPage();
    page.setDefaultTimeout(90_000);
    await page.goto(`${box.url}/setup`);
    await page.fill('#user', USER);
    await page.fill('#password', PASSWORD);
    await page.click('button');
    await page.waitForURL(`${box.url}/`);
    await page.click('a[href="/setup"]');
    await page.fill('#address', onvif.address);
    await page.fill('#name', 'gate');
    await page.fill('#user', 'admin');
    await page.fill('#password', 'guess-of-mine-3');
    await page.click('#try button');
    await page.waitForSelector('#fault:not([hidden])');
    assert.match(
      (await page.textContent('#fault')) ?? '',
      /^cameras\.gate\.password: .*it refuses this user and password/,
    );
    await page.fill('#password', CAMERA_PASSWORD);
    await page.click('#try button');
    await page.waitForSelector('#tried:not([hidden])');
    await page.waitForFunction("document.getElementById('picture').naturalWidth === 640");
    await page.click('#add');
    await page.waitForSelector('#done:not([hidden])');
  } finally {
    await browser.close();
  }
  const config = readFileSync(path.join(path.dirname(box.stateDir), 'garim.yaml'), 'utf8');
  assert.match(config, /gate/);
  assert.ok(!config.includes(encodeURIComponent(CAMERA_PASSWORD)) && !box.output().includes(CAMERA_PASSWORD));
  assert.match(
    readFileSync(path.join(box.stateDir, 'sources/gate.url'), 'utf8'),
    /^rtsp:\/\/admin:pole%257%2Fse%3Acret@/,
  );
});

test('clock, user and certificate are set in the browser, and a refusal loses nothing that was typed', {
  skip: needs(browserPath, 'Chromium'),
}, async () => {
  using dir = new TempDir();
  const authority = await boxCertificate(dir.path, ['127.0.0.1'], systemClock);
  await using box = await startGarim({
    config: { cameras: { street: { source: 'simulated' } } },
    env: { GARIM_USER: '', GARIM_PASSWORD: '' },
  });
  const [, first = ''] = /^Password {2}(\S+)$/m.exec(box.output()) ?? [];
  const browser = await launchBrowser();
  try {
    const phone = { locale: 'en-US', viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true };
    const page = await (await browser.newContext(phone)).newPage();
    page.setDefaultTimeout(60_000);
    await page.goto(`${box.url}/login`);
    await page.fill('#user', 'garim');
    await page.fill('#password', first);
    await page.click('button');
    await page.waitForURL(`${box.url}/`);
    await page.goto(`${box.url}/setup`);
    const fault = async (): Promise<string> => {
      await page.waitForSelector('#fault:not([hidden])');
      return (await page.textContent('#fault')) ?? '';
    };
    const done = async (step: string): Promise<string> => {
      await page.waitForSelector(`#step-${step} .done:not([hidden])`);
      return (await page.textContent(`#step-${step} .done`)) ?? '';
    };
    await page.fill('#address', '192.0.2.7');
    // Each step can be left out.
    await page.click('#step-camera .skip-step');
    await page.fill('#server', 'nobody.invalid');
    await page.click('#time button');
    assert.match(await fault(), /^server: nobody\.invalid can't be resolved/);
    assert.equal(await page.inputValue('#server'), 'nobody.invalid');
    await page.fill('#server', '');
    await page.click('#time button');
    assert.match(await done('time'), /synchronised/);

    await page.click('#step-time .skip-step');
    assert.equal(await page.inputValue('#newName'), 'garim');
    await page.fill('#newName', 'kim');
    await page.fill('#newPassword', 'another-password');
    await page.fill('#again', 'another-password');
    await page.fill('#current', 'guess-of-mine-4');
    await page.click('#login button');
    assert.match(await fault(), /^current: it is not the password of/);
    assert.deepEqual(
      [await page.inputValue('#newPassword'), await page.inputValue('#newName')],
      ['another-password', 'kim'],
    );

    await page.fill('#current', first);
    await page.click('#login button');
    assert.match(await done('user'), /^From now on: kim,/);
    const basic = (user: string, password: string) => `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
    const status = async (Authorization: string) =>
      (await fetch(`${box.url}/api/cameras`, { headers: { Authorization } })).status;
    assert.equal(await status(basic('kim', 'another-password')), 200);
    assert.equal(await status(basic('garim', first)), 401);

    await page.click('#step-user .skip-step');
    await page.check('input[value=given]');
    await page.setInputFiles('#cert', authority.cert);
    await page.setInputFiles('#key', authority.cert);
    await page.click('#certificate button');
    assert.match(await fault(), /^key: the file holds no private key in PEM/);
    await page.setInputFiles('#key', authority.key);
    await page.click('#certificate button');
    assert.ok((await done('certificate')).endsWith(authority.fingerprint));
    assert.equal(await page.inputValue('#address'), '192.0.2.7', 'what was typed in another step is there still');
    const width = await page.evaluate('document.documentElement.scrollWidth');
    assert.equal(width, 360, 'nothing is wider than the phone');
  } finally {
    await browser.close();
  }
  const config = readFileSync(path.join(path.dirname(box.stateDir), 'garim.yaml'), 'utf8');
  assert.match(config, /tls: \{ cert: .*\/tls\/box\.crt, key: .*\/tls\/box\.key \}/);
  assert.equal(readFileSync(path.join(box.stateDir, 'tls/box.key'), 'utf8').length > 100, true);
});

const terminalMissing = (): string | false =>
  spawnSync('/usr/bin/python3', ['-c', 'import pty, termios'], { stdio: 'ignore' }).status === 0
    ? false
    : 'needs python3 with pty, not found on this machine';

test('on a terminal it asks, and a password is never drawn', { skip: terminalMissing() }, async () => {
  await using onvif = await startOnvifCamera({ user: 'admin', password: CAMERA_PASSWORD, streams: [] });
  await using _ = await announce([{ id: 'a', name: 'Gate', url: `http://${onvif.address}/onvif/device_service` }]);
  using dir = new TempDir();
  const typed = (steps: [string, string][]): Promise<{ status: number | null; stdout: string }> =>
    new Promise((resolve) => {
      const terminal = path.join(packageRoot, 'test/support/on_terminal.py');
      const command = [process.execPath, path.join(packageRoot, 'dist/edge/main.js'), 'setup', '--interface', 'lo'];
      const child = spawn('/usr/bin/python3', [terminal, JSON.stringify(steps), ...command], {
        cwd: dir.path,
        env: { PATH: process.env['PATH'], TERM: 'xterm' },
      });
      let stdout = '';
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        stdout += text;
      });
      child.once('close', (status) => resolve({ status, stdout }));
    });
  const { status, stdout } = await typed([
    ['Which of them?', ' \r'],
    ['Another camera, by its URL?', 'y'],
    ['URL of the stream', 'simulated\r'],
    ['Another camera, by its URL?', 'n'],
    ['Name of its feed', 'gate\r'],
    ["The camera's user", 'admin\r'],
    ['Its password', 'guess-of-mine-2\r'],
    ['it refuses this user and password', ''],
    ['And now?', '\r'],
    ["The camera's user", '\r'],
    ['Its password', `${CAMERA_PASSWORD}\r`],
    ['it does not answer as an ONVIF device does', ''],
    ['And now?', '\u001b[B\r'],
    ['Name of its feed', 'yard\r'],
    ['Set the clocks', 'n'],
    ['Shall the network reach', 'n'],
    ['Measure what this box can carry', 'n'],
    ['Is it the right place?', 'y'],
    ['Start it:', ''],
  ]);
  assert.equal(status, 0, stdout);
  assert.ok(!stdout.includes('guess-of-mine-2') && !stdout.includes(CAMERA_PASSWORD), stdout);
  assert.match(stdout, /^(ok|warn) +camera yard +simulated /m);
  assert.match(readFileSync(path.join(dir.path, 'garim.yaml'), 'utf8'), /^ {2}yard:/m);
});

test('without a terminal and without answers it says what to do', async () => {
  using dir = new TempDir();
  const { code, stderr } = await garim(['setup'], { cwd: dir.path });
  assert.equal(code, 1);
  assert.match(stderr, /there is no terminal\.\nGive the answers in a file: garim setup --answers FILE\./);
});
