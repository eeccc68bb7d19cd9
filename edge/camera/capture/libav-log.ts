/**
 * Silences libav: it writes to stderr by itself, past our logger and its scrubbing, and its messages hold URLs with credentials.
 * What matters comes as error codes. Importing this file is enough; it acts on the whole process.
 */
import { AV_LOG_QUIET } from 'node-av/constants';
import { Log } from 'node-av/lib';

Log.setLevel(AV_LOG_QUIET);
