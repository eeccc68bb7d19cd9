/**
 * Categories of information: what a city's sensors may say about people, each with its default consent mode and with what the box may
 * make of it. A field whose category is not in this table is `unknown`, and `unknown` is `never`.
 *
 * Terms are those of the Data Privacy Vocabulary (DPV 2.3, `pd:` is its personal-data module) where it has one, else of our `city:` extension.
 */

/**
 * - `never`: does not leave in any form.
 * - `opt-in`: only of people who agreed.
 * - `opt-out`: of everybody but those who refused.
 * - `free`: says nothing about a person; still passes the linkage guard.
 */
type ConsentMode = 'never' | 'opt-in' | 'opt-out' | 'free';

/** Kinds of transform; `schema.ts` gives them their settings. */
export const TRANSFORM_KINDS = ['drop', 'contributor', 'group-band', 'group-cell', 'group-value', 'measure'] as const;
export type TransformKind = (typeof TRANSFORM_KINDS)[number];

export const STATISTICS = ['sum', 'mean', 'min', 'max', 'last'] as const;
type Statistic = (typeof STATISTICS)[number];

export interface Category {
  /** DPV term or our extension. */
  term: string;
  mode: ConsentMode;
  /** What may leave the box, in words for people. */
  mayLeave: string;
  /** Transforms that a policy may ask for; `drop` always. `contributor` on a `never` counts people or vehicles: the value stays. */
  permits: readonly TransformKind[];
  /** Statistics that `measure` may take. The least, the greatest and the last of a window are one person's own value. */
  statistics?: readonly Statistic[];
  /** Finest H3 resolution of `group-cell`. */
  cellResolutionMax?: number;
  /** Shortest window of a sensor that uses the category. */
  windowMsMin?: number;
}

const NOTHING = ['drop'] as const;
const COUNTS = ['drop', 'contributor'] as const;
const BANDS = ['drop', 'group-band', 'group-value'] as const;
/** Figures of nobody in particular. */
const FIGURES = {
  permits: ['drop', 'group-band', 'group-cell', 'group-value', 'measure'],
  statistics: STATISTICS,
  cellResolutionMax: 9,
} as const;
const OF_MANY = ['sum', 'mean'] as const;

export const CATEGORIES = {
  'face-image': { term: 'pd:Picture', mode: 'never', mayLeave: 'covered pixels', permits: NOTHING },
  'face-template': {
    term: 'pd:FacialPrint',
    mode: 'never',
    mayLeave: 'nothing: it is never computed',
    permits: NOTHING,
  },
  gait: { term: 'city:Gait', mode: 'never', mayLeave: 'nothing: it is never computed', permits: NOTHING },
  body: {
    term: 'pd:PhysicalCharacteristic',
    mode: 'opt-out',
    mayLeave: 'counts by class',
    permits: ['drop', 'contributor', 'group-value'],
  },
  plate: {
    term: 'pd:VehicalLicenseNumber',
    mode: 'never',
    mayLeave: 'nothing; it only tells vehicles apart inside one window',
    permits: COUNTS,
  },
  'vehicle-description': {
    term: 'pd:Vehicle',
    mode: 'opt-out',
    mayLeave: 'histograms of at least k',
    permits: BANDS,
  },
  'mac-address': { term: 'pd:MACAddress', mode: 'opt-out', mayLeave: 'counts', permits: COUNTS },
  'network-name': { term: 'city:NetworkName', mode: 'never', mayLeave: 'nothing', permits: NOTHING },
  'ip-address': { term: 'pd:IPAddress', mode: 'never', mayLeave: 'nothing', permits: NOTHING },
  'device-id': {
    term: 'pd:UID',
    mode: 'never',
    mayLeave: 'nothing; it only tells devices apart inside one window',
    permits: COUNTS,
  },
  'advertising-id': {
    term: 'city:AdvertisingId',
    mode: 'opt-in',
    mayLeave: 'counts of people who agreed',
    permits: COUNTS,
  },
  'transit-card': {
    term: 'city:TransitCardId',
    mode: 'opt-in',
    mayLeave: 'origin-destination counts of at least k',
    permits: COUNTS,
  },
  'location-trace': {
    term: 'pd:TravelHistory',
    mode: 'opt-in',
    mayLeave: 'coarse origin-destination counts of at least k',
    permits: ['drop', 'group-cell'],
    cellResolutionMax: 8,
  },
  audio: {
    term: 'pd:VoiceCommunicationRecording',
    mode: 'never',
    mayLeave: 'nothing; a sound level is `environment`',
    permits: NOTHING,
  },
  'meter-fine': {
    term: 'pd:ServiceConsumptionBehaviour',
    mode: 'opt-in',
    mayLeave: 'sums of at least k homes',
    permits: ['drop', 'measure'],
    statistics: OF_MANY,
  },
  'meter-coarse': {
    term: 'pd:ServiceConsumptionBehaviour',
    mode: 'opt-out',
    mayLeave: 'sums over at least 30 minutes and k homes',
    permits: ['drop', 'measure'],
    statistics: OF_MANY,
    windowMsMin: 1_800_000,
  },
  'official-id': { term: 'pd:OfficialID', mode: 'never', mayLeave: 'nothing', permits: NOTHING },
  contact: { term: 'pd:Contact', mode: 'never', mayLeave: 'nothing', permits: NOTHING },
  name: { term: 'pd:Name', mode: 'never', mayLeave: 'nothing', permits: NOTHING },
  'payment-card': { term: 'pd:CreditCardNumber', mode: 'never', mayLeave: 'nothing', permits: NOTHING },
  'free-text': { term: 'city:FreeText', mode: 'never', mayLeave: 'nothing', permits: NOTHING },
  signal: { term: 'city:RadioSignal', mode: 'opt-out', mayLeave: 'bands, of at least k', permits: BANDS },
  count: { term: 'dpv:NonPersonalData', mode: 'free', mayLeave: 'counts', ...FIGURES },
  environment: { term: 'dpv:NonPersonalData', mode: 'free', mayLeave: 'means per window', ...FIGURES },
  'device-status': { term: 'dpv:NonPersonalData', mode: 'free', mayLeave: 'means per window', ...FIGURES },
  time: { term: 'dpv:NonPersonalData', mode: 'free', mayLeave: 'the window', permits: NOTHING },
  unknown: { term: 'city:Unknown', mode: 'never', mayLeave: 'nothing', permits: NOTHING },
} as const satisfies Record<string, Category>;

export type CategoryId = keyof typeof CATEGORIES;
export const CATEGORY_IDS = Object.keys(CATEGORIES) as [CategoryId, ...CategoryId[]];

/** What is not in the table is `unknown`. */
export function categoryOf(id: string): Category {
  return Object.hasOwn(CATEGORIES, id) ? CATEGORIES[id as CategoryId] : CATEGORIES.unknown;
}

/** From the loosest. */
const MODES: readonly ConsentMode[] = ['free', 'opt-out', 'opt-in', 'never'];

/**
 * Whether a field may be handled as `candidate` where its adapter says `base`: people must be asked at least as much, and nothing may be
 * made of it that `base` forbids. A partial order: a plate is no device, nor the other way round.
 */
export function isAtLeastAsStrict(candidate: CategoryId, base: CategoryId): boolean {
  const [strict, loose] = [categoryOf(candidate), categoryOf(base)];
  if (candidate === base) return true;
  if (askedRank(strict) < MODES.indexOf(loose.mode)) return false;
  return (
    strict.permits.every((kind) => loose.permits.includes(kind)) &&
    (strict.statistics ?? []).every((statistic) => loose.statistics?.includes(statistic) === true) &&
    (strict.cellResolutionMax ?? 0) <= (loose.cellResolutionMax ?? 0) &&
    (strict.permits.length === 1 || (strict.windowMsMin ?? 0) >= (loose.windowMsMin ?? 0))
  );
}

/** A `never` that may be counted by is so of everybody who did not refuse: nobody is asked, so it is no stricter than an opt-out. */
function askedRank({ mode, permits }: Category): number {
  return MODES.indexOf(mode === 'never' && permits.length > 1 ? 'opt-out' : mode);
}
