/** Goal: the greeting tells the installer where to go, shows a new password once, and never a camera's. */
import assert from 'node:assert/strict';
import { hostname } from 'node:os';
import { test } from 'node:test';
import { firstUser, greeting } from '../../../edge/cli/run.ts';
import { loadConfig } from '../../../edge/config/load.ts';

test('addresses, feeds, and the user that was made', async () => {
  const loaded = await loadConfig({ cameras: ['gate=rtsp://root:planted-pw@192.0.2.7/s', 'yard=simulated'], env: {} });
  const http = { host: '127.0.0.1', port: 8080 };
  const rtsp = { host: '::1', port: 8554 };
  const text = greeting(loaded, { http, rtsp });
  assert.equal(
    text,
    `Web page  http://127.0.0.1:8080/
RTSP      rtsp://[::1]:8554/gate
RTSP      rtsp://[::1]:8554/yard
`,
  );
  assert.equal(
    firstUser({ user: 'viewer', password: 'made-just-now' }),
    'User      viewer\nPassword  made-just-now\nNote the password now: it is not shown again.\n',
  );
  const open = greeting(loaded, { http: { host: '0.0.0.0', port: 80 }, rtsp });
  assert.ok(open.startsWith(`Web page  http://${hostname()}:80/\n`));
});
