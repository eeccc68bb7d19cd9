/**
 * What is told about a box, once, for every paper: built from the configuration and the policy in force, so that no paper can say what the
 * box does not do. Signs are known by the digest of what they say, not of how they look.
 */
import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import { UserError } from '../base/errors.ts';
import type { Config } from '../config/schema.ts';
import type { ControllerSettings, SiteSettings } from '../config/site.ts';
import type { Policy, SensorPolicy } from '../policy/schema.ts';
import { categoryOf } from '../policy/taxonomy.ts';

export interface CameraNotice extends SiteSettings {
  name: string;
  look: string;
  masks: number;
  /** The filtered feed is recorded on the box. */
  isRecorded: boolean;
  /** It is sent to somebody, rather than waiting to be pulled. */
  isPushed: boolean;
}

export interface SensorNotice {
  name: string;
  adapter: string;
  purpose: string;
  place: string | undefined;
  windowMs: number;
  k: number;
  epsilonPerDay: number | undefined;
  retentionMs: number;
  fields: { name: string; term: string; mode: string; becomes: string }[];
}

export interface Notice {
  controller: ControllerSettings;
  cameras: CameraNotice[];
  sensors: SensorNotice[];
  /** `sha256:...` of the policy in force. */
  policy: string;
}

export const SIGN_LANGUAGES = ['ko', 'en'] as const;

/** Settings without which no sign can be made: the law wants each to say where and why, and nobody but the operator knows. */
export function missingForNotice({ cameras, controller }: Config): string[] {
  const missing = Object.entries(cameras).flatMap(([name, { site, segments }]) => {
    if (site === undefined) return [`cameras.${name}.site`];
    return segments !== undefined && site.retentionDays === 0 ? [`cameras.${name}.site.retentionDays`] : [];
  });
  return controller === undefined ? ['controller', ...missing] : missing;
}

/** Throws UserError that names every setting that is missing. */
export function noticeOf(config: Config, { policy, digest }: { policy: Policy; digest: string }): Notice {
  const { controller } = config;
  const missing = missingForNotice(config);
  if (controller === undefined || missing.length > 0)
    throw new UserError(`there is not enough to make notices from: ${missing.join(', ')}`, {
      fix: 'Write these settings; garim.example.yaml shows them. A camera that records segments keeps its feed for some days.',
    });
  const cameras = Object.entries(config.cameras).map(([name, camera]) => ({
    ...camera.site!,
    name,
    look: camera.look,
    masks: camera.masks.length,
    isRecorded: camera.segments !== undefined,
    isPushed: camera.push.length > 0,
  }));
  const sensors = Object.entries(policy.sensors).map(([name, sensor]) => sensorOf(name, sensor));
  return { controller, cameras, sensors, policy: `sha256:${digest}` };
}

function sensorOf(name: string, sensor: SensorPolicy): SensorNotice {
  const { adapter, purpose, place, windowMs, k, epsilonPerDay, retentionMs, fields } = sensor;
  return {
    name,
    adapter,
    purpose,
    place: place?.name,
    windowMs,
    k,
    epsilonPerDay,
    retentionMs,
    fields: Object.entries(fields).map(([field, { category, transform }]) => {
      const { term, mode } = categoryOf(category);
      return { name: field, term, mode, becomes: transform.kind };
    }),
  };
}

/** What the signs say, and under which policy. */
export function signDigest({ controller, cameras, sensors, policy }: Notice): string {
  const { name, department, phone, email, url } = controller;
  const said = {
    v: 1,
    controller: { name, department, phone, email, url },
    cameras: cameras.map((camera) => ({
      name: camera.name,
      place: camera.place,
      purpose: camera.purpose,
      range: camera.range,
      hours: camera.hours,
      retentionDays: camera.retentionDays,
    })),
    sensors: sensors.map((sensor) => ({ name: sensor.name, adapter: sensor.adapter, purpose: sensor.purpose })),
    policy,
    languages: SIGN_LANGUAGES,
  };
  // What is not set is not said.
  const text = canonicalize(JSON.parse(JSON.stringify(said))) ?? '';
  return `sha256:${createHash('sha256').update(text).digest('hex')}`;
}
