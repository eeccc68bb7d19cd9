/** Forks `logging-child.ts` with a log of the level that is its argument, and ends with it: the child's log is this process's output. */
import { forkChild } from '../../edge/base/child.ts';
import { rootLog } from '../../edge/base/log.ts';

rootLog.level = process.argv[2] ?? 'info';
forkChild({
  entry: new URL('./logging-child.js', import.meta.url),
  log: rootLog,
  onMessage: () => {},
  onExit: () => {},
});
