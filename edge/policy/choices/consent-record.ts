/**
 * Records of opt-ins: ISO/IEC TS 27560:2023 in the profile of the Data Privacy Vocabulary, as JSON-LD. Each has fresh random identifiers for
 * itself and for the person, and is bound to a key that only the person's phone has: two records of one person have nothing in common.
 *
 * Times are whole hours, so that a record does not tell which reading was made when somebody stood there. There are no records of
 * refusals. Field by field after the guide "Consent Records and Receipts as per ISO/IEC TS 27560:2023 using DPV".
 */
import { randomUUID } from 'node:crypto';
import type { Controller, SensorPolicy } from '../schema.ts';
import { type CategoryId, categoryOf } from '../taxonomy.ts';
import type { OptInReceipt } from './exchange.ts';
import { OPT_IN_MS } from './opt-ins.ts';

const PROFILE = 'https://w3id.org/dpv/schema/dpv-27560#record';
const HOUR_MS = 3_600_000;

/** Terms of the city's extension are ours: `city:` names what DPV has no word for. */
const CONTEXT = {
  dpv: 'https://w3id.org/dpv#',
  pd: 'https://w3id.org/dpv/pd#',
  loc: 'https://w3id.org/dpv/loc#',
  dct: 'http://purl.org/dc/terms/',
  schema: 'https://schema.org/',
  xsd: 'http://www.w3.org/2001/XMLSchema#',
  city: 'urn:garim:city#',
} as const;

type Node = { readonly [key: string]: string | number | Node | readonly Node[] | readonly string[] };

export interface ConsentRecord {
  /** Random, of this record only. */
  id: string;
  /** Ed25519, base64: whoever has the other half may withdraw. */
  holderKey: string;
  /** JSON-LD. */
  document: Node;
}

/** Opt-in categories that a sensor uses, which consent is asked for. */
export function categoriesAskedFor(sensor: SensorPolicy): CategoryId[] {
  const used = Object.values(sensor.fields).filter(({ transform }) => transform.kind !== 'drop');
  const asked = used.map(({ category }) => category).filter((category) => categoryOf(category).mode === 'opt-in');
  return [...new Set(asked)].sort();
}

interface Agreement {
  controller: Controller;
  sensor: SensorPolicy;
  holderKey: string;
}

export function newConsentRecord({ nowMs, ...agreement }: Agreement & { nowMs: number }): ConsentRecord {
  const receipt = { record: randomUUID(), subject: `urn:uuid:${randomUUID()}`, createdMs: nowMs };
  return consentRecordOf(agreement, receipt);
}

export function receiptOf({ id, document }: ConsentRecord): OptInReceipt {
  const subject = (document['dpv:hasDataSubject'] as Node)['@id'] as string;
  return { record: id, subject, createdMs: Date.parse((document['dct:created'] as Node)['@value'] as string) };
}

/** The same record for the same agreement and receipt, wherever it is made. */
export function consentRecordOf(
  { controller, sensor, holderKey }: Agreement,
  { record: id, subject, createdMs: nowMs }: OptInReceipt,
): ConsentRecord {
  const country = `loc:${controller.jurisdiction}`;
  const document: Node = {
    '@context': CONTEXT,
    '@id': `urn:uuid:${id}`,
    '@type': 'dpv:ConsentRecord',
    'dct:conformsTo': { '@id': PROFILE },
    'dct:identifier': id,
    'dct:created': time(nowMs),
    'dpv:hasDataSubject': { '@id': subject },
    'dpv:hasNotice': { '@id': controller.notice, '@type': 'dpv:ConsentNotice', 'dct:language': controller.language },
    'dpv:hasProcess': {
      '@type': 'dpv:Process',
      'dpv:hasPurpose': { '@id': sensor.purpose },
      'dpv:hasLegalBasis': { '@id': 'dpv:ExplicitlyExpressedConsent' },
      'dpv:hasPersonalData': categoriesAskedFor(sensor).map((category) => ({ '@type': categoryOf(category).term })),
      'dpv:hasProcessing': [{ '@id': 'dpv:Collect' }, { '@id': 'dpv:Anonymise' }],
      'dpv:hasDataController': { '@id': controller.id },
      'dpv:hasRecipient': { '@id': controller.id },
      'dpv:hasJurisdiction': { '@id': country },
      'dpv:hasStorageCondition': [
        { '@type': 'dpv:StorageLocation', 'dpv:hasLocation': { '@id': country } },
        { '@type': 'dpv:StorageDuration', 'dpv:hasDuration': seconds(sensor.windowMs) },
      ],
      'dpv:hasConsentControl': { '@id': controller.withdrawal, '@type': 'dpv:WithdrawConsent' },
    },
    'dpv:hasEntity': [
      {
        '@id': controller.id,
        '@type': ['dpv:LegalEntity', 'dpv:DataController'],
        'dct:identifier': controller.id,
        'schema:name': controller.name,
        'schema:contactPoint': [
          { '@type': 'schema:ContactPoint', 'schema:description': controller.contact },
          { '@type': 'schema:PostalAddress', 'schema:streetAddress': controller.address },
        ],
      },
      { '@id': subject, '@type': 'dpv:DataSubject', 'city:holderKey': holderKey },
    ],
    'dpv:hasConsentStatus': [event('dpv:ConsentGiven', subject, nowMs, seconds(OPT_IN_MS))],
  };
  return { id, holderKey, document };
}

/** The record after its person withdrew. */
export function withdrawn(record: ConsentRecord, nowMs: number): ConsentRecord {
  const events = record.document['dpv:hasConsentStatus'] as readonly Node[];
  const subject = (record.document['dpv:hasDataSubject'] as Node)['@id'] as string;
  const added = event('dpv:ConsentWithdrawn', subject, nowMs, 'PT0S');
  return { ...record, document: { ...record.document, 'dpv:hasConsentStatus': [...events, added] } };
}

export function isWithdrawn({ document }: ConsentRecord): boolean {
  return (document['dpv:hasConsentStatus'] as readonly Node[]).some(
    (status) => status['@type'] === 'dpv:ConsentWithdrawn',
  );
}

function event(state: string, subject: string, nowMs: number, duration: string): Node {
  return {
    '@type': state,
    'dpv:hasLegalBasis': { '@id': 'dpv:ExplicitlyExpressedConsent' },
    'dpv:isIndicatedAtTime': time(nowMs),
    'dpv:hasDuration': duration,
    'dpv:isIndicatedBy': { '@id': subject },
  };
}

/** The hour's beginning. */
function time(nowMs: number): Node {
  const iso = new Date(Math.floor(nowMs / HOUR_MS) * HOUR_MS).toISOString();
  return { '@type': 'xsd:dateTime', '@value': iso };
}

/** ISO 8601. */
function seconds(ms: number): string {
  return `PT${Math.round(ms / 1000)}S`;
}
