/** Runs a whole agent with stub cameras in a process of its own, for tests that end the agent itself. Says where it serves. */

import { startAgent } from '../../edge/agent/agent.ts';
import { rootLog } from '../../edge/base/log.ts';
import { configSchema } from '../../edge/config/schema.ts';

const [stateDir = '', ...sourceUrls] = process.argv.slice(2);
const sources = Object.fromEntries(sourceUrls.map((url, index) => [`camera-${index}`, url]));
rootLog.level = 'error';
const config = configSchema.parse({
  cameras: Object.fromEntries(Object.keys(sources).map((name) => [name, { source: 'simulated' }])),
  http: { listen: '127.0.0.1:0' },
  rtsp: { listen: '127.0.0.1:0' },
  state: stateDir,
});
let user: { user: string; password: string } | undefined;
const agent = await startAgent({
  loaded: { config, sources, intakes: {}, hubs: {}, origin: 'test' },
  log: rootLog,
  showFirstUser: (created) => {
    user = created;
  },
  cameraProcess: new URL('./stub-camera-process.js', import.meta.url),
});
process.stderr.write(`SERVING ${JSON.stringify({ http: agent.http, user })}\n`);
process.on('SIGTERM', () => void agent.close());
