/**
 * Composition root: the one place that knows every part. Its boot order is written out below, from top to bottom.
 */
import type { Log } from '../base/log.ts';
import type { Config } from '../config/schema.ts';

/** What edge/config/load.ts returns. */
export interface LoadedConfig {
  config: Config;
  /** Resolved source URL per camera name, credentials included. */
  sources: Record<string, string>;
  /** Where the configuration came from, for messages. */
  origin: string;
}

export interface AgentOptions {
  loaded: LoadedConfig;
  log: Log;
  /** Entry of the camera process; tests bring their own. */
  cameraProcess?: URL;
}

export interface Agent {
  /** Addresses actually bound: with port 0 in the configuration, the port that the system chose. */
  readonly http: { host: string; port: number };
  readonly rtsp: { host: string; port: number };
  /** Set when this start created the box's first user; shown once to whoever started the agent, kept nowhere. */
  readonly createdUser?: { user: string; password: string };
  /** Stops everything in reverse boot order; resolves within seconds, whatever hangs. Safe to call twice. */
  close(): Promise<void>;
}

/**
 * Starts the agent and resolves once it serves. Cameras that can't be reached do not fail the start: their feeds show a slate.
 * Rejects with a UserError (a setting is at fault) or a WorldError; whatever had started by then is stopped again.
 */
export function startAgent(options: AgentOptions): Promise<Agent> {
  return Promise.reject(new Error(`the agent for ${options.loaded.origin} is not assembled yet`));
}
