/** What the record says of a camera or sensor beside its figures: under which policy it was filtered, and what about people it takes in. */
import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import type { CameraSettings } from '../../config/schema.ts';
import { categoriesAskedFor } from '../../policy/choices/consent-record.ts';
import type { Policy, SensorPolicy } from '../../policy/schema.ts';
import { CATEGORIES, categoryOf } from '../../policy/taxonomy.ts';

export interface About {
  /** `sha256:HEX` of the policy in force. */
  policy: string;
  /** Term of what is done with it. */
  process: string;
  /** Terms of the categories that are taken in. */
  categories: string[];
  /** The strictest of theirs. */
  mode: 'never' | 'opt-in' | 'opt-out' | 'free';
}

/** What has windows on record: a camera, a sensor, or people's choices about the sensors, which have one for the whole box. */
export interface Stream {
  kind: 'camera' | 'sensor' | 'choices';
  name: string;
  about: About;
  /** Version of its policy, as the policy says; 0 where it has none. */
  policyVersion: number;
}

/** Name of the one stream of choices. */
export const CHOICES = 'choices';

/** From the strictest. */
const MODES = ['never', 'opt-in', 'opt-out', 'free'] as const;

/**
 * A camera's policy is what its settings say about covering: sha256 of their canonical JSON (RFC 8785), so that whoever has the settings can
 * compare. Its source, and where its feed goes, are not part of it.
 */
export function cameraStream(name: string, settings: CameraSettings): Stream {
  const { look, masks, detect, secondOpinion, delayMs } = settings;
  const text = canonicalize({ look, masks, detect, secondOpinion, delayMs }) as string;
  const { 'face-image': face, plate } = CATEGORIES;
  return {
    kind: 'camera',
    name,
    about: {
      policy: `sha256:${createHash('sha256').update(text).digest('hex')}`,
      process: 'policy:cover-faces-and-plates',
      categories: [face.term, plate.term],
      mode: 'never',
    },
    policyVersion: 0,
  };
}

/** `digest` is that of the whole policy of sensors, hex. */
export function sensorStream(name: string, policy: SensorPolicy, of: { digest: string; version: number }): Stream {
  const used = Object.values(policy.fields).filter(({ transform }) => transform.kind !== 'drop');
  const categories = used.map(({ category }) => categoryOf(category));
  return {
    kind: 'sensor',
    name,
    about: {
      policy: `sha256:${of.digest}`,
      process: `policy:${policy.release}`,
      categories: [...new Set(categories.map(({ term }) => term))],
      mode: MODES.find((mode) => categories.some((category) => category.mode === mode)) ?? 'free',
    },
    policyVersion: of.version,
  };
}

/** Undefined where no sensor asks anybody for consent. */
export function choicesStream(policy: Policy, of: { digest: string; version: number }): Stream | undefined {
  const asked = new Set(Object.values(policy.sensors).flatMap(categoriesAskedFor));
  if (asked.size === 0) return undefined;
  return {
    kind: 'choices',
    name: CHOICES,
    about: {
      policy: `sha256:${of.digest}`,
      process: 'policy:consent',
      categories: [...asked].map((category) => categoryOf(category).term),
      mode: 'opt-in',
    },
    policyVersion: of.version,
  };
}
