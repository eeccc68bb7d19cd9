/** Cards, bank accounts and wallets. */
import { digitsOf, isIban, isLuhn, weighted } from '../checksums.ts';
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
  return /^(?:0\d|1[0-2]|2[1-9]|3[0-2]|6[1-9]|7[0-2]|80)/.test(digits) && weighted(digits, [3, 7, 1, 3, 7, 1, 3, 7, 1]) % 10 === 0;
};

const CARD_WORDS = /\b(?:cards?|visa|mastercard|amex|maestro|jcb|discover|diners|debit|credit|cc|pan|kreditkarte|tarjeta|carte)\b|카드/i;
const ACCOUNT_WORDS =
  /\b(?:accounts?|acct|a\/c|iban|routing|aba|rtn|sort code|bsb|bank|konto|kontonummer|cuenta|conto|compte|rekening|transfer|deposit|swift|bic)\b|계좌|은행|예금/i;

const RULES: readonly Rule[] = [
  { category: 'payment-card', pattern: /(?<!\d)\d(?:[ \-._/]{0,3}\d){11,18}(?!\d)/g, isValid: isCard },
  { category: 'payment-card', pattern: /(?<!\d)\d(?:[ \-._/]{0,3}\d){11,18}(?!\d)/g, context: CARD_WORDS },
  { category: 'payment-card', pattern: /(?<key>\b(?:cvv2?|cvc2?|cid|security code|pin)(?: (?:is|code))?\s{0,2}[:=#]?\s{0,2})\d{3,6}(?!\d)/gi },
  { category: 'bank-account', pattern: /(?<!\d)\d{4}[ \-]?\d{4}[ \-]?\d(?!\d)/g, isValid: isAba },
  { category: 'bank-account', pattern: /(?<![\d.])\d(?:[ \-]?\d){5,19}(?!\d|\.\d)/g, context: ACCOUNT_WORDS },
  { category: 'bank-account', pattern: /(?<![A-Za-z0-9])[A-Z]{6}[A-Z0-9]{2}(?:[A-Z0-9]{3})?(?![A-Za-z0-9])/g, context: /\b(?:swift|bic)\b/i },
  {
    category: 'bank-account',
    pattern: /(?<key>\b(?:iban|account|acct|routing|sort code|ifsc|bsb|clabe)(?: (?:no|number|nr))?\.?["']?\s{0,2}(?:is\s|[:=#])\s{0,3}["']?)[A-Za-z0-9][A-Za-z0-9 \-]{2,38}\d[A-Za-z0-9]{0,4}/gi,
  },
  { category: 'bank-account', pattern: /(?<key>계좌\s?(?:번호)?\s{0,2}[:=]?\s{0,2}(?:[가-힣]{2,6}(?:은행|뱅크)?\s)?)\d[\d\- ]{6,20}\d/g },
  { category: 'crypto-address', pattern: /(?<![A-Za-z0-9])[13][1-9A-HJ-NP-Za-km-z]{25,34}(?![A-Za-z0-9])/g, isValid: (v) => /[A-Z]/.test(v) && /[a-z]/.test(v) },
  { category: 'crypto-address', pattern: /(?<![A-Za-z0-9])(?:bc1|tb1|ltc1|addr1|cosmos1|BC1)[02-9ac-hj-np-zAC-HJ-NP-Z]{11,100}(?![A-Za-z0-9])/g },
  { category: 'crypto-address', pattern: /(?<![A-Za-z0-9])0x[0-9A-Fa-f]{40}(?![A-Za-z0-9])/g },
  { category: 'crypto-address', pattern: /(?<![A-Za-z0-9])(?:[LMDrTX4][1-9A-HJ-NP-Za-km-z]{32,34}|4[1-9A-HJ-NP-Za-km-z]{94})(?![A-Za-z0-9])/g, isValid: (v) => /[A-Z]/.test(v) && /[a-z]/.test(v) && /\d/.test(v) },
];

const findByRule = recogniser(RULES, { digitsMin: 3 });
const IBAN_CANDIDATE = /(?<![A-Za-z0-9])[A-Za-z]{2}[ \-.]?\d{2}(?:[ \-.]{0,2}[A-Za-z0-9]){11,30}/g;
/** As ISO 13616 writes one: without gaps, or in fours. */
const IBAN_FORM = /^[A-Z]{2}\d{2}(?:[A-Z]{4}\d{7,22}|\d{12,26}|(?: [A-Z0-9]{4}){2,7}(?: [A-Z0-9]{1,3})?)/;

/** Words may follow in the same form, so the longest head with a right checksum counts; without one, the form. */
function ibanLengthOf(candidate: string): number {
  for (let end = candidate.length; end >= 15; end--) if (/[A-Za-z0-9]/.test(candidate[end - 1]!) && isIban(candidate.slice(0, end))) return end;
  return IBAN_FORM.exec(candidate)?.[0].length ?? 0;
}

export const findPayment: Recogniser = (subject) => {
  if (subject.digits < 3) return [];
  const spans: Span[] = findByRule(subject);
  for (const { 0: candidate, index } of subject.text.matchAll(IBAN_CANDIDATE)) {
    const length = ibanLengthOf(candidate);
    if (length > 0) spans.push({ start: index, end: index + length, category: 'bank-account' });
  }
  return spans;
};
