/** Addresses of hardware and of hosts. */
import { isIPv6 } from 'node:net';
import { type Recogniser, type Rule, recogniser } from '../rule.ts';
import type { Span } from '../span.ts';

/** All zeros is nobody, all ones is everybody. */
const isSomeone = (value: string): boolean => !/^(?:0{12,16}|f{12,16})$/i.test(value.replaceAll(/[^0-9a-f]/gi, ''));
const OCTET = '(?:25[0-5]|2[0-4]\\d|1\\d{2}|[1-9]?\\d|0\\d{1,2})';
const POINT = '(?:\\.|\\[\\.\\]|\\(\\.\\)| ?\\[dot\\] ?| ?\\(dot\\) ?)';

/** Four small numbers after a word for a version or a section of a text are one. */
const NO_VERSION =
  '(?!(?<=(?:\\bv|\\bver\\.?|\\bversions?|\\bfirmware|\\bfw|\\bsection|\\bparagraph|\\bchapter|\\bclause|§|버전|펌웨어|버젼)[ :=]{0,3})(?:\\d{1,2}\\.){3}\\d{1,2}(?!\\d))';

const RULES: readonly Rule[] = [
  // EUI-48 and EUI-64, in pairs.
  {
    category: 'mac-address',
    pattern:
      /(?<![0-9A-Fa-f])[0-9A-Fa-f]{2}(?:[:\-._][0-9A-Fa-f]{2}){5}(?:(?:[:\-._][0-9A-Fa-f]{2}){2})?(?![0-9A-Fa-f])/g,
    isValid: isSomeone,
  },
  {
    category: 'mac-address',
    pattern: /(?<![0-9A-Za-z])[0-9A-Fa-f]{2}(?: [0-9A-Fa-f]{2}){5,7}(?![0-9A-Za-z])/g,
    isValid: (value) => /[A-Fa-f]/.test(value) && isSomeone(value),
  },
  // Leading zeros left out.
  {
    category: 'mac-address',
    pattern: /(?<![0-9A-Za-z:])[0-9A-Fa-f]{1,2}(?::[0-9A-Fa-f]{1,2}){5}(?![0-9A-Za-z:])/g,
    isValid: isSomeone,
  },
  {
    category: 'mac-address',
    pattern: /(?<![0-9A-Za-z]|[:.-])[0-9A-Fa-f]{4}(?:[.:-][0-9A-Fa-f]{4}){2,3}(?![0-9A-Za-z]|[:.-]\w)/g,
    isValid: (v) => isSomeone(v) && /[a-f]/i.test(v),
  },
  {
    category: 'mac-address',
    pattern: /(?<![0-9A-Za-z])[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4}(?![0-9A-Za-z])/g,
    isValid: isSomeone,
  },
  {
    category: 'mac-address',
    pattern: /(?<![0-9A-Za-z])[0-9A-Fa-f]{6}[:\-.][0-9A-Fa-f]{6}(?![0-9A-Za-z])/g,
    isValid: (v) => /[a-f]/i.test(v) && isSomeone(v),
  },
  {
    category: 'mac-address',
    pattern: /(?<![0-9A-Za-z])(?:0x)?[0-9A-Fa-f]{12}(?![0-9A-Za-z])/g,
    isValid: isSomeone,
    context:
      /\b(?:mac|bssid|wi-?fi|wlan|ble|bt|bluetooth|beacon|station|sta|client|hwaddr|ether|addr(?:ess)?|probe|phys)|맥\s?주소/i,
  },
  {
    category: 'ip-address',
    pattern: new RegExp(`${NO_VERSION}(?<![\\d.])(?:${OCTET}${POINT}){3}${OCTET}(?:/\\d{1,2})?(?!\\d|\\.\\d)`, 'gi'),
  },
];

const findByRule = recogniser(RULES);
const IPV6_CANDIDATE =
  /(?<![0-9A-Za-z:.])(?=[0-9A-Fa-f]{0,4}:)[0-9A-Fa-f:]{2,39}(?:\.\d{1,3}){0,3}(?:%[A-Za-z0-9]{1,15})?(?:\/\d{1,3})?/g;

/** What a candidate holds from its first unit is tried from the longest: a full stop or a colon may follow. */
function ipv6LengthOf(candidate: string): number {
  for (let end = candidate.length; end >= 2 && end > candidate.length - 8; end--) {
    const [host = ''] = candidate.slice(0, end).split(/[%/]/, 1);
    if (isIPv6(host) && !/[%/]$/.test(candidate.slice(0, end))) return end;
  }
  return 0;
}

export const findNetworkAddresses: Recogniser = (subject) => {
  const { text } = subject;
  const spans: Span[] = findByRule(subject);
  if (!text.includes(':')) return spans;
  for (const { 0: candidate, index } of text.matchAll(IPV6_CANDIDATE)) {
    const length = ipv6LengthOf(candidate);
    if (length > 0) spans.push({ start: index, end: index + length, category: 'ip-address' });
  }
  return spans;
};
