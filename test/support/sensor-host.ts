/** `garim run --config FILE` with the fast sensor process: `node sensor-host.js FILE`. Greets as `garim run` does. */
import { startAgent } from '../../edge/agent/agent.ts';
import { rootLog } from '../../edge/base/log.ts';
import { greeting } from '../../edge/cli/run.ts';
import { loadConfig } from '../../edge/config/load.ts';

const loaded = await loadConfig({ file: process.argv[2] ?? '', cameras: [], env: process.env });
rootLog.level = loaded.config.log.level;
const sensorProcess = new URL('./fast-sensor-process.js', import.meta.url);
const agent = await startAgent({ loaded, log: rootLog, showFirstUser: () => {}, sensorProcess });
process.on('SIGTERM', () => void agent.close());
process.stderr.write(greeting(loaded, agent));
