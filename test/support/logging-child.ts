/** A child process that writes one line of each level to its log, and ends. */
import { nameLoggingProcess, rootLog } from '../../edge/base/log.ts';

nameLoggingProcess('camera');
const log = rootLog.child({ camera: 'gate' });
for (const level of ['debug', 'info', 'warn', 'error'] as const) log[level]('line');
process.exit(0);
