/**
 * `garim run --config FILE` with a sensor process of the tests: `node sensor-host.js FILE [fast|early]`. Greets as `garim run` does. With
 * COUNTING_CAMERAS=1 its cameras are counting-camera-process.ts.
 */
import { startAgent } from '../../edge/agent/agent.ts';
import { rootLog } from '../../edge/base/log.ts';
import { greeting } from '../../edge/cli/run.ts';
import { loadConfig } from '../../edge/config/load.ts';

const loaded = await loadConfig({ file: process.argv[2] ?? '', cameras: [], env: process.env });
rootLog.level = loaded.config.log.level;
const sensorProcess = new URL(`./${process.argv[3] ?? 'fast'}-sensor-process.js`, import.meta.url);
const cameraProcess = new URL('./counting-camera-process.js', import.meta.url);
const agent = await startAgent({
  loaded,
  log: rootLog,
  showFirstUser: () => {},
  sensorProcess,
  ...(process.env['COUNTING_CAMERAS'] === '1' && { cameraProcess }),
});
process.on('SIGTERM', () => void agent.close());
process.stderr.write(greeting(loaded, agent));
