/**
 * Whether a release says no more than its policy allows. The sensor process made it, and that parses what strangers send: were it taken
 * over, only figures under labels that the policy itself holds would come through here.
 */
import type { SensorPolicy, Transform } from '../policy/schema.ts';
import type { Release } from '../sensor/messages.ts';

const NUMBER = String.raw`-?\d+(\.\d+)?(e[+-]\d+)?`;
const BAND = new RegExp(String.raw`^(\(-inf,${NUMBER}\)|\[${NUMBER},(${NUMBER}\)|\+inf\)))$`);
const H3_CELL = /^8[0-9a-f]{14}$/;

export function isWithinPolicy(release: Release, policy: SensorPolicy, policyDigest: string): boolean {
  const { window, cells } = release;
  const groups = new Map<string, Transform>();
  const figures = new Set(['contributors', 'readings']);
  for (const [field, { transform }] of Object.entries(policy.fields)) {
    if (transform.kind === 'measure') figures.add(field);
    else if (transform.kind !== 'drop' && transform.kind !== 'contributor') groups.set(field, transform);
  }
  return (
    release.kind === policy.release &&
    release.purpose === policy.purpose &&
    release.policyDigest === policyDigest &&
    JSON.stringify(release.place) === JSON.stringify(policy.place) &&
    window.endMs - window.startMs === policy.windowMs &&
    window.startMs % policy.windowMs === 0 &&
    cells.every(
      (cell) =>
        Object.entries(cell.group).every(([field, label]) => isLabelOf(groups.get(field), label)) &&
        Object.keys(cell.figures).every((name) => figures.has(name)),
    )
  );
}

function isLabelOf(transform: Transform | undefined, label: string): boolean {
  if (transform === undefined) return false;
  if (label === 'unknown') return true;
  switch (transform.kind) {
    case 'group-value':
      return label === 'other' || transform.values.includes(label);
    case 'group-band':
      return BAND.test(label);
    case 'group-cell':
      return H3_CELL.test(label);
    default:
      return false;
  }
}
