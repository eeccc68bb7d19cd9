/** `garim run --config FILE` with the camera process of fault tests: `node fault-host.js FILE`. Greets as `garim run` does. */
import { startAgent } from '../../edge/agent/agent.ts';
import { rootLog } from '../../edge/base/log.ts';
import { greeting } from '../../edge/cli/run.ts';
import { loadConfig } from '../../edge/config/load.ts';

const loaded = await loadConfig({ file: process.argv[2] ?? '', cameras: [], env: process.env });
const cameraProcess = new URL('./fault-camera-process.js', import.meta.url);
const agent = await startAgent({ loaded, log: rootLog, showFirstUser: () => {}, cameraProcess });
process.on('SIGTERM', () => void agent.close());
process.stderr.write(greeting(loaded, agent));
