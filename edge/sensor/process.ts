/** Program of the sensor process; forked by the agent's sensor supervisor. */
import { runSensorProcess } from './sensors.ts';

runSensorProcess();
