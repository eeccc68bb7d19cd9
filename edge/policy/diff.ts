/**
 * What a change of policy would newly let out, in plain words. Whatever can't be compared counts as loosened, so that `install` asks.
 */
import { isAboutPeople } from './decide.ts';
import type { FieldPolicy, LegalOrder, Policy, SensorPolicy, Transform } from './schema.ts';
import { categoryOf, isAtLeastAsStrict } from './taxonomy.ts';

export interface Change {
  /** `loosens` lets out more, or what was not let out before; `changes` neither more nor less. */
  kind: 'loosens' | 'tightens' | 'changes';
  /** `gate`, `gate.plate`; empty for the whole policy. */
  at: string;
  text: string;
}

type Kind = Change['kind'];

/** Loosenings first, then in the order of the sensors. Empty when both say the same; the version is no part of it. */
export function diffPolicies(before: Policy, after: Policy): Change[] {
  const changes: Change[] = [];
  const names = new Set([...Object.keys(before.sensors), ...Object.keys(after.sensors)]);
  for (const name of [...names].sort()) {
    const [old, young] = [own(before.sensors, name), own(after.sensors, name)];
    if (old === undefined && young !== undefined) changes.push(...addedSensor(name, young));
    else if (old !== undefined && young === undefined) {
      changes.push({ kind: 'tightens', at: name, text: 'the sensor is removed: nothing of it leaves any more' });
    } else if (old !== undefined && young !== undefined) {
      changes.push(...sensorChanges(name, old, young));
      changes.push(...orderedFields(name, before, after));
    }
  }
  changes.push(...orderChanges(before.legalOrders, after.legalOrders));
  if (JSON.stringify(before.controller) !== JSON.stringify(after.controller)) {
    changes.push({ kind: 'changes', at: '', text: 'consent records name another controller' });
  }
  const rank = (kind: Kind): number => ['loosens', 'tightens', 'changes'].indexOf(kind);
  return changes.sort((a, b) => rank(a.kind) - rank(b.kind));
}

export function isLoosened(changes: readonly Change[]): boolean {
  return changes.some(({ kind }) => kind === 'loosens');
}

function own<T>(record: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}

function addedSensor(name: string, sensor: SensorPolicy): Change[] {
  const terms = `for ${sensor.purpose}, k ${sensor.k}, every ${duration(sensor.windowMs)}, ${noiseOf(sensor)}`;
  const place = sensor.place === undefined ? '' : ', with its place';
  return [
    { kind: 'loosens', at: name, text: `a new sensor is released ${terms}${place}` },
    ...Object.entries(sensor.fields).flatMap(([field, policy]) => fieldChange(`${name}.${field}`, undefined, policy)),
  ];
}

function sensorChanges(name: string, old: SensorPolicy, young: SensorPolicy): Change[] {
  const changes: Change[] = [];
  const add = (kind: Kind, text: string): void => {
    changes.push({ kind, at: name, text });
  };
  const compare = (from: number, to: number, ifMore: Kind, text: (from: number, to: number) => string): void => {
    if (from !== to) add(to > from ? ifMore : opposite(ifMore), text(from, to));
  };
  compare(old.k, young.k, 'tightens', (a, b) => `a figure needs ${b} contributors instead of ${a}`);
  compare(
    old.windowMs,
    young.windowMs,
    'tightens',
    (a, b) => `figures are released every ${duration(b)} instead of every ${duration(a)}`,
  );
  compare(
    old.contributionsMax,
    young.contributionsMax,
    'loosens',
    (a, b) => `one contributor counts in up to ${b} groups of a window instead of ${a}`,
  );
  compare(
    old.epsilonPerDay ?? Infinity,
    young.epsilonPerDay ?? Infinity,
    'loosens',
    () => `figures get ${noiseOf(young)} instead of ${noiseOf(old)}`,
  );
  compare(
    old.retentionMs,
    young.retentionMs,
    'loosens',
    (a, b) => `released figures are kept ${duration(b)} instead of ${duration(a)}`,
  );
  if (old.adapter !== young.adapter) {
    add('loosens', `read by the adapter ${young.adapter} instead of ${old.adapter}: its fields mean something else`);
  }
  if (old.purpose !== young.purpose) add('loosens', `used for ${young.purpose} instead of ${old.purpose}`);
  if (old.release !== young.release) add('changes', `sent to the hub as ${young.release} instead of ${old.release}`);
  if (JSON.stringify(old.place) !== JSON.stringify(young.place)) {
    if (young.place === undefined) add('tightens', 'the place is no longer told');
    else add('loosens', old.place === undefined ? 'the place is told' : 'another place is told');
  }
  if (old.zone !== young.zone)
    add('loosens', 'another zone: a pause that stopped this sensor may not stop it any more');
  const counts = (sensor: SensorPolicy): boolean =>
    Object.values(sensor.fields).some(({ transform }) => transform.kind === 'contributor');
  if (counts(old) && !counts(young)) {
    add('loosens', 'nothing tells contributors apart any more: k counts readings, and one person can be many');
  }
  if (isAboutPeople(old) && !isAboutPeople(young)) {
    add('loosens', 'no field is about people any more: a pause of its zone does not stop it');
  }
  const fields = new Set([...Object.keys(old.fields), ...Object.keys(young.fields)]);
  for (const field of fields) {
    changes.push(...fieldChange(`${name}.${field}`, own(old.fields, field), own(young.fields, field)));
  }
  return changes;
}

function fieldChange(at: string, old: FieldPolicy | undefined, young: FieldPolicy | undefined): Change[] {
  const changes: Change[] = [];
  const [from, to]: [Transform, Transform] = [old?.transform ?? { kind: 'drop' }, young?.transform ?? { kind: 'drop' }];
  const kind = transformChange(from, to);
  const what = young === undefined ? '' : ` of ${young.category}`;
  if (kind !== undefined) changes.push({ kind, at, text: `${wordsOf(to)}${what} instead of ${wordsOf(from)}` });
  if (old !== undefined && young !== undefined && old.category !== young.category && to.kind !== 'drop') {
    const isStricter = isAtLeastAsStrict(young.category, old.category);
    const asked = categoryOf(young.category).mode;
    changes.push({
      kind: isStricter ? 'tightens' : 'loosens',
      at,
      text: `taken as ${young.category} (${asked}) instead of ${old.category} (${categoryOf(old.category).mode})`,
    });
  }
  return changes;
}

/** Fields that an order covers only since they are taken for another category. */
function orderedFields(sensor: string, before: Policy, after: Policy): Change[] {
  const isOrdered = (policy: Policy, field: FieldPolicy): boolean =>
    policy.legalOrders.some(
      ({ sensors, categories }) => sensors.includes(sensor) && categories.includes(field.category),
    );
  return Object.entries(after.sensors[sensor]?.fields ?? {}).flatMap(([name, young]): Change[] => {
    const old = own(before.sensors[sensor]?.fields ?? {}, name);
    if (old === undefined || old.category === young.category || young.transform.kind === 'drop') return [];
    if (!isOrdered(after, young) || isOrdered(before, old)) return [];
    return [
      { kind: 'loosens', at: `${sensor}.${name}`, text: `an order covers ${young.category}, whatever people chose` },
    ];
  });
}

/** Undefined when both do the same. */
function transformChange(from: Transform, to: Transform): Kind | undefined {
  if (JSON.stringify(from) === JSON.stringify(to)) return undefined;
  if (to.kind === 'drop') return 'tightens';
  if (from.kind === 'drop') return 'loosens';
  if (to.kind === 'contributor') return 'tightens';
  if (from.kind === 'group-cell' && to.kind === 'group-cell') {
    return to.resolution > from.resolution ? 'loosens' : 'tightens';
  }
  // Fewer edges or values make groups that hold those of before.
  if (from.kind === 'group-band' && to.kind === 'group-band') return subset(to.edges, from.edges);
  if (from.kind === 'group-value' && to.kind === 'group-value') return subset(to.values, from.values);
  if (from.kind === 'measure' && to.kind === 'measure' && from.statistic === to.statistic) {
    return to.clamp[0] >= from.clamp[0] && to.clamp[1] <= from.clamp[1] ? 'tightens' : 'loosens';
  }
  return 'loosens';
}

function subset<T>(part: readonly T[], whole: readonly T[]): Kind {
  if (!part.every((item) => whole.includes(item))) return 'loosens';
  return new Set(part).size === new Set(whole).size ? 'changes' : 'tightens';
}

function orderChanges(before: readonly LegalOrder[], after: readonly LegalOrder[]): Change[] {
  const keys = (orders: readonly LegalOrder[]): Map<string, LegalOrder> =>
    new Map(orders.map((order) => [JSON.stringify(order), order]));
  const [old, young] = [keys(before), keys(after)];
  const added = [...young].filter(([key]) => !old.has(key));
  const removed = [...old].filter(([key]) => !young.has(key));
  return [
    ...added.map(([, order]): Change => {
      const what = `${order.categories.join(', ')} of ${order.sensors.join(', ')}`;
      const when = `from ${order.from} until ${order.until}`;
      return { kind: 'loosens', at: '', text: `order ${order.reference}: ${what} whatever people chose, ${when}` };
    }),
    ...removed.map(
      ([, { reference }]): Change => ({ kind: 'tightens', at: '', text: `order ${reference} as it was holds no more` }),
    ),
  ];
}

function opposite(kind: Kind): Kind {
  return kind === 'loosens' ? 'tightens' : 'loosens';
}

function noiseOf({ epsilonPerDay }: SensorPolicy): string {
  return epsilonPerDay === undefined ? 'no noise' : `noise for a budget of ${epsilonPerDay} a day`;
}

function wordsOf(transform: Transform): string {
  switch (transform.kind) {
    case 'drop':
      return 'nothing';
    case 'contributor':
      return 'a count of different ones';
    case 'group-band':
      return `groups by ${transform.edges.length + 1} bands (${transform.edges.join(', ')})`;
    case 'group-cell':
      return `groups by H3 cell of resolution ${transform.resolution}`;
    case 'group-value':
      return `groups by value (${transform.values.join(', ')})`;
    case 'measure':
      return `the ${transform.statistic} within ${transform.clamp[0]} to ${transform.clamp[1]}`;
  }
}

/** `5 min`, `2 h`, `30 d`. */
export function duration(ms: number): string {
  const units: [string, number][] = [
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['min', 60_000],
    ['s', 1_000],
  ];
  const [unit, length] = units.find(([, length]) => ms >= length && ms % length === 0) ?? ['ms', 1];
  return `${ms / length} ${unit}`;
}
