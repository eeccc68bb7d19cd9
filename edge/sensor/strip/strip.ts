/**
 * Takes identifiers out of free text.
 *
 * `stripText()` is pure and takes time in proportion to the length of the text. In doubt it covers: what several recognisers claim is
 * united, what is only encoded is looked into, and long numbers of no known kind go too (recognisers/number.ts).
 */
import { UserError } from '../../base/errors.ts';
import { hiddenIdentifiers } from './encoded.ts';
import { findCredentials } from './recognisers/credential.ts';
import { findDates } from './recognisers/date.ts';
import { findDevices } from './recognisers/device.ts';
import { findEmails } from './recognisers/email.ts';
import { findKorean } from './recognisers/korea.ts';
import { findLocations } from './recognisers/location.ts';
import { findNames } from './recognisers/name.ts';
import { findNationalIds } from './recognisers/national-id.ts';
import { findNetworkAddresses } from './recognisers/network.ts';
import { findNumbers } from './recognisers/number.ts';
import { findPayment } from './recognisers/payment.ts';
import { findPhones } from './recognisers/phone.ts';
import { findPlates } from './recognisers/plate.ts';
import { findUrls } from './recognisers/url.ts';
import { makeSubject, type Recogniser } from './rule.ts';
import { shadowsOf } from './shadow.ts';
import { mergeSpans, type Span, TEXT_UNITS_MAX } from './span.ts';

export interface StrippedText {
  /** The text with every identifier replaced by its category, `[phone]`. */
  text: string;
  /** Where they stood in the input; sorted, disjoint. */
  spans: Span[];
}

const RECOGNISERS: readonly Recogniser[] = [
  findKorean,
  findPhones,
  findEmails,
  findUrls,
  findNetworkAddresses,
  findPayment,
  findDevices,
  findNationalIds,
  findPlates,
  findLocations,
  findDates,
  findCredentials,
  findNames,
  findNumbers,
];

/** Throws UserError for a text longer than `TEXT_UNITS_MAX`; the message does not hold any of it. */
export function stripText(text: string): StrippedText {
  if (text.length > TEXT_UNITS_MAX)
    throw new UserError(`the text is longer than ${TEXT_UNITS_MAX} characters`, { fix: 'send it in parts' });
  const spans = mergeSpans([...find(text), ...hiddenIdentifiers(text, find)]);
  const parts: string[] = [];
  let at = 0;
  for (const { start, end, category } of spans) {
    parts.push(text.slice(at, start), `[${category}]`);
    at = end;
  }
  parts.push(text.slice(at));
  return { text: parts.join(''), spans };
}

function find(text: string): Span[] {
  const spans: Span[] = [];
  for (const shadow of shadowsOf(text)) {
    const subject = makeSubject(shadow.text);
    for (const recognise of RECOGNISERS) for (const span of recognise(subject)) spans.push(shadow.toInput(span));
  }
  return spans;
}
