/**
 * What a check of `garim doctor` is: a small function of an injected context that always answers, in time, in one line.
 * No detail and no fix holds a credential; both are scrubbed once more when they are printed.
 */
import type { LoadedConfig } from '../../config/load.ts';
import type { System } from './system.ts';

export interface CheckResult {
  /** Subject, e.g. `memory` or `camera gate`. */
  name: string;
  status: 'ok' | 'warn' | 'fail';
  detail: string;
  /** What to do; set unless `status` is `ok`. */
  fix?: string;
}

export interface DoctorContext {
  loaded: LoadedConfig;
  env: NodeJS.ProcessEnv;
  system: System;
}

/** One check; some look at several things (one result per camera). Rejections are turned into a failed result by the runner. */
export type Check = (context: DoctorContext) => Promise<CheckResult | CheckResult[]>;

export const ok = (name: string, detail: string): CheckResult => ({ name, status: 'ok', detail });
export const warn = (name: string, detail: string, fix: string): CheckResult => ({ name, status: 'warn', detail, fix });
export const fail = (name: string, detail: string, fix: string): CheckResult => ({ name, status: 'fail', detail, fix });
