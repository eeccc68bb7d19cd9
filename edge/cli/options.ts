/** Options that several commands share. */
import { type Command, Option } from 'commander';
import type { LoadOptions } from '../config/load.ts';
import { LOG_LEVELS } from '../config/schema.ts';

export interface ConfigOptions {
  config?: string;
  camera?: string[];
  http?: string;
  rtsp?: string;
  state?: string;
  logLevel?: string;
}

/** Adds the options that choose and override the configuration. */
export function addConfigOptions(command: Command): Command {
  return command
    .option('--config <file>', 'configuration file; without it garim.yaml in the working directory, if there is one')
    .option('--camera <name=url>', 'a camera; may be repeated', (value: string, all: string[] = []) => [...all, value])
    .option('--http <host:port>', 'where the web page is served (default: 127.0.0.1:8080)')
    .option('--rtsp <host:port>', 'where the feeds are served (default: 127.0.0.1:8554)')
    .option('--state <dir>', 'folder for users, keys and models of this box (default: state)')
    .addOption(new Option('--log-level <level>', 'how much is logged (default: info)').choices(LOG_LEVELS));
}

export function loadOptionsOf(options: ConfigOptions): LoadOptions {
  const { config: file, camera: cameras = [], http, rtsp, state, logLevel } = options;
  const given = Object.entries({ file, http, rtsp, state, logLevel }).filter(([, value]) => value !== undefined);
  return { ...Object.fromEntries(given), cameras, env: process.env };
}
