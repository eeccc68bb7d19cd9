/** Cards, bank accounts and wallets. */
import { digitsOf, isLuhn, isMod97, weighted } from '../checksums.ts';
import { type Recogniser, type Rule, recogniser } from '../rule.ts';
import type { Span } from '../span.ts';

/** Issuer ranges of ISO/IEC 7812: 1800 and 2131 are old JCB; 3 to 6 and 2221 to 2720 the networks; 8 and 9 national ones. */
const isCard = (value: string): boolean => {
  const digits = digitsOf(value);
  return /^(?:[3-6]|1800|2131|2[2-7]|62|81|9[0-9])/.test(digits) && isLuhn(digits);
};

/** US routing number: 3, 7, 1 repeated, and a district of the Federal Reserve. */
const isAba = (value: string): boolean => {
  const digits = digitsOf(value);
  return (
    /^(?:0\d|1[0-2]|2[1-9]|3[0-2]|6[1-9]|7[0-2]|80)/.test(digits) &&
    weighted(digits, [3, 7, 1, 3, 7, 1, 3, 7, 1]) % 10 === 0 &&
    !/^0+$/.test(digits)
  );
};

const CARD_WORDS =
  /\b(?:cards?|visa|mastercard|amex|maestro|jcb|discover|diners|debit|credit|cc|pan|kreditkarte|tarjeta|carte)\b|카드/i;
const ACCOUNT_WORDS =
  /\b(?:accounts?|acct|a\/c|iban|routing|aba|rtn|sort code|bsb|bank|konto|kontonummer|cuenta|conto|compte|rekening|transfer|deposit|swift|bic)\b|계좌|은행|예금/i;

const RULES: readonly Rule[] = [
  // After a plus it is a telephone number, whatever its sum.
  {
    category: 'payment-card',
    digitsMin: 12,
    pattern: /(?<![\d.]|\+ ?[\d ().\-/]{0,8})\d(?:[ \-._/]{0,3}\d){11,18}(?!\d)/g,
    isValid: (value) => isCard(value) && !/^\d{1,3}\.\d{3,8}\D{1,3}-?\d{1,3}\.\d{3,8}$/.test(value),
  },
  {
    category: 'payment-card',
    digitsMin: 12,
    pattern: /(?<!\d)\d(?:[ \-._/]{0,3}\d){11,18}(?!\d)/g,
    context: CARD_WORDS,
  },
  {
    category: 'payment-card',
    pattern: /(?<key>\b(?:cvv2?|cvc2?|cid|security code|pin)(?: (?:is|code))?\s{0,2}[:=#]?\s{0,2})\d{3,6}(?!\d)/gi,
  },
  { category: 'bank-account', digitsMin: 9, pattern: /(?<!\d)\d{4}[ -]?\d{4}[ -]?\d(?!\d)/g, isValid: isAba },
  {
    category: 'bank-account',
    digitsMin: 6,
    pattern: /(?<![\d.])\d(?:[ -]?\d){5,19}(?!\d|\.\d)/g,
    context: ACCOUNT_WORDS,
  },
  {
    category: 'bank-account',
    pattern: /(?<![A-Za-z0-9])[A-Z]{6}[A-Z0-9]{2}(?:[A-Z0-9]{3})?(?![A-Za-z0-9])/g,
    context: /\b(?:swift|bic)\b/i,
  },
  {
    category: 'bank-account',
    pattern:
      /(?<key>\b(?:iban|account|acct|routing|sort code|ifsc|bsb|clabe)(?: (?:no|number|nr))?\.?["']?\s{0,2}(?:is\s|[:=#])\s{0,3}["']?)[A-Za-z0-9][A-Za-z0-9 -]{2,38}\d[A-Za-z0-9]{0,4}/gi,
  },
  {
    category: 'bank-account',
    digitsMin: 8,
    pattern: /(?<key>계좌\s?(?:번호)?\s{0,2}[:=]?\s{0,2}(?:[가-힣]{2,6}(?:은행|뱅크)?\s)?)\d[\d\- ]{6,20}\d/g,
  },
  {
    category: 'crypto-address',
    pattern: /(?<![A-Za-z0-9])[13][1-9A-HJ-NP-Za-km-z]{25,34}(?![A-Za-z0-9])/g,
    isValid: (v) => /[A-Z]/.test(v) && /[a-z]/.test(v),
  },
  {
    category: 'crypto-address',
    pattern: /(?<![A-Za-z0-9])(?:bc1|tb1|ltc1|addr1|cosmos1|BC1)[02-9ac-hj-np-zAC-HJ-NP-Z]{11,100}(?![A-Za-z0-9])/g,
  },
  { category: 'crypto-address', pattern: /(?<![A-Za-z0-9])0x[0-9A-Fa-f]{40}(?![A-Za-z0-9])/g },
  {
    category: 'crypto-address',
    pattern: /(?<![A-Za-z0-9])(?:[LMDrTX4][1-9A-HJ-NP-Za-km-z]{32,34}|4[1-9A-HJ-NP-Za-km-z]{94})(?![A-Za-z0-9])/g,
    isValid: (v) => /[A-Z]/.test(v) && /[a-z]/.test(v) && /\d/.test(v),
  },
];

const findByRule = recogniser(RULES, { digitsMin: 3 });
const IBAN_CANDIDATE = /(?<![A-Za-z0-9])[A-Za-z]{2}[ \-.]?\d{2}(?:[ \-.]{0,2}[A-Za-z0-9]){11,30}/g;
const IBAN_WORD = /iban/i;

/** Letters and digits of an IBAN, from the registry of ISO 13616. */
const IBAN_LENGTHS = new Map(
  'AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DK18 DO28 EE20 EG29 ES24 FI18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MR27 MT31 MU30 NL18 NO15 PK24 PL28 PS29 PT25 QA29 RO24 RS22 SA24 SC31 SD18 SE24 SI19 SK24 SM27 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20'
    .split(' ')
    .map((entry) => [entry.slice(0, 2), Number(entry.slice(2))]),
);

/**
 * How much of a candidate is an IBAN: as many characters as its country has. The checksum is asked for where the letters are in lower case,
 * which words have too; a mistyped IBAN is one.
 */
function ibanLengthOf(candidate: string): number {
  const length = IBAN_LENGTHS.get(candidate.slice(0, 2).toUpperCase());
  if (length === undefined) return 0;
  let end = 0;
  for (let count = 0; count < length && end < candidate.length; end++) if (/[A-Za-z0-9]/.test(candidate[end]!)) count++;
  const compact = candidate
    .slice(0, end)
    .replaceAll(/[^A-Za-z0-9]/g, '')
    .toUpperCase();
  if (compact.length < length) return 0;
  return isMod97(compact) || /^[A-Z]{2}\d{2}[A-Z0-9 -]*$/.test(candidate.slice(0, end)) ? end : 0;
}

export const findPayment: Recogniser = (subject) => {
  if (subject.digits < 3) return [];
  const { text } = subject;
  const spans: Span[] = findByRule(subject);
  for (const { 0: candidate, index } of text.matchAll(IBAN_CANDIDATE)) {
    const length =
      ibanLengthOf(candidate) || (IBAN_WORD.test(text) ? (/^[A-Za-z0-9]*/.exec(candidate)?.[0].length ?? 0) : 0);
    if (length > 0) spans.push({ start: index, end: index + length, category: 'bank-account' });
  }
  return spans;
};
