/** Program of a camera process; forked by the agent's camera supervisor. */
import { runCameraProcess } from './camera.ts';

runCameraProcess();
