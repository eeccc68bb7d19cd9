/**
 * Categories of information: what a city's sensors may say about people, each with its default consent mode. A field whose category is
 * not in this table is `unknown`, and `unknown` is `never`.
 *
 * Terms are those of the Data Privacy Vocabulary (DPV 2.3, `pd:` is its personal-data module) where it has one, else of our `city:` extension.
 */

/**
 * - `never`: does not leave in any form.
 * - `opt-in`: only of people who agreed.
 * - `opt-out`: of everybody but those who refused.
 * - `free`: says nothing about a person; still passes the linkage guard.
 */
export type ConsentMode = 'never' | 'opt-in' | 'opt-out' | 'free';

export interface Category {
  /** DPV term or our extension. */
  term: string;
  mode: ConsentMode;
  /** What may leave the box, in words for people. */
  mayLeave: string;
}

export const CATEGORIES = {
  'face-image': { term: 'pd:Picture', mode: 'never', mayLeave: 'covered pixels' },
  'face-template': { term: 'pd:FacialPrint', mode: 'never', mayLeave: 'nothing: it is never computed' },
  body: { term: 'city:Gait', mode: 'opt-out', mayLeave: 'counts by class' },
  plate: { term: 'pd:VehicalLicenseNumber', mode: 'never', mayLeave: 'nothing' },
  'vehicle-description': { term: 'pd:Vehicle', mode: 'opt-out', mayLeave: 'histograms of at least k' },
  'mac-address': { term: 'pd:MACAddress', mode: 'opt-out', mayLeave: 'counts' },
  'network-name': { term: 'city:NetworkName', mode: 'never', mayLeave: 'nothing' },
  'ip-address': { term: 'pd:IPAddress', mode: 'never', mayLeave: 'nothing' },
  'device-id': { term: 'pd:UID', mode: 'never', mayLeave: 'nothing' },
  'advertising-id': { term: 'city:AdvertisingId', mode: 'opt-in', mayLeave: 'nothing by default' },
  'transit-card': { term: 'city:TransitCardId', mode: 'opt-in', mayLeave: 'origin-destination counts of at least k' },
  'location-trace': {
    term: 'pd:TravelHistory',
    mode: 'opt-in',
    mayLeave: 'coarse origin-destination counts of at least k',
  },
  audio: { term: 'pd:VoiceCommunicationRecording', mode: 'never', mayLeave: 'nothing; a sound level is `environment`' },
  'meter-fine': { term: 'pd:ServiceConsumptionBehaviour', mode: 'opt-in', mayLeave: 'sums of at least k homes' },
  'meter-coarse': {
    term: 'pd:ServiceConsumptionBehaviour',
    mode: 'opt-out',
    mayLeave: 'sums over at least 30 minutes and k homes',
  },
  'official-id': { term: 'pd:OfficialID', mode: 'never', mayLeave: 'nothing' },
  contact: { term: 'pd:Contact', mode: 'never', mayLeave: 'nothing' },
  name: { term: 'pd:Name', mode: 'never', mayLeave: 'nothing' },
  'payment-card': { term: 'pd:CreditCardNumber', mode: 'never', mayLeave: 'nothing' },
  'free-text': { term: 'city:FreeText', mode: 'never', mayLeave: 'nothing' },
  signal: { term: 'city:RadioSignal', mode: 'opt-out', mayLeave: 'bands, of at least k' },
  count: { term: 'dpv:NonPersonalData', mode: 'free', mayLeave: 'counts' },
  environment: { term: 'dpv:NonPersonalData', mode: 'free', mayLeave: 'means per window' },
  'device-status': { term: 'dpv:NonPersonalData', mode: 'free', mayLeave: 'means per window' },
  time: { term: 'dpv:NonPersonalData', mode: 'free', mayLeave: 'the window' },
  unknown: { term: 'city:Unknown', mode: 'never', mayLeave: 'nothing' },
} as const satisfies Record<string, Category>;

export type CategoryId = keyof typeof CATEGORIES;
export const CATEGORY_IDS = Object.keys(CATEGORIES) as [CategoryId, ...CategoryId[]];
