/**
 * Street addresses: what marks one (a kind of street, an apartment, a post box, a postal code), grown over the numbers, place names and
 * codes beside it; and what follows "address:".
 */
import { isCommonElsewhere, isEnglishWord } from '../lexicon.ts';
import { HANGUL, type Rule, recogniser, type Subject } from '../rule.ts';
import type { Span } from '../span.ts';
import type { Word, Words } from '../words.ts';

const NAME = String.raw`[\p{L}\d][\p{L}\p{M}\d'’.\-]{0,40}`;
const STREET =
  'street|st|road|rd|avenue|ave|boulevard|blvd|lane|drive|square|sq|terrace|crescent|highway|hwy|parkway|pkwy|turnpike|expressway';
/** Kinds that are common words too: they count with a capital. */
const RARE_STREET =
  'Ln|Dr|Court|Ct|Place|Pl|Way|Close|Gardens?|Grove|Parade|Alley|Row|Mews|Circle|Cir|Trail|Trl|Walk|Quay|Esplanade|Rise|Greens?|Hills?|Mall|Mills?|Bridge|Islands?|Prairie|Summit|Forks?|Harbors?|Harbou?rs?|Plaza|Crossing|Junction|Loop|Pass|Path|Pike|Ridges?|Run|View|Village|Route|Rte|Freeway|Heights|Estates?|Promenade|Wharf|Vale|Mount|Meadows?|Fields?|Commons?|Causeway|Bypass|Cent(?:er|re)|Camp|Corners?|Coves?|Creek|Dale|Dam|Falls|Ferry|Flats?|Fords?|Forges?|Fort|Glens?|Haven|Hollow|Inlet|Isle|Knolls?|Lakes?|Landing|Lodge|Manors?|Orchard|Oval|Park|Passage|Pines?|Plains?|Points?|Ports?|Ramp|Ranch|Rapids?|River|Shoals?|Shores?|Springs?|Spurs?|Station|Stream|Trace|Track|Tunnel|Underpass|Unions?|Valleys?|Viaduct|Views?|Ville|Vista|Walks|Wells?';
const PREFIX =
  'rue|avenue|av\\.|boulevard|bd|chemin|all[ée]e|place|quai|impasse|route|via|viale|piazza|piazzale|corso|largo|vicolo|strada|calle|c/|avenida|avda\\.?|paseo|plaza|camino|carretera|r[uú]a|r\\.|travessa|praça|alameda|estrada|ul\\.|ulica|ulice|al\\.|aleja|os\\.|trg|cesta|πλατεία|οδός|λεωφόρος|улица|ул\\.|проспект|jalan|jl\\.|lorong';
const COMPOUND =
  'stra(?:ße|sse)|str\\.|straat|gasse|weg|platz|allee|damm|ufer|ring|gürtel|laan|plein|kade|dijk|gracht|steeg|singel|gade|vej|vejen|allé|gata|gatan|vägen|väg|gränd|veien|vegen|vei|veg|katu|tie|polku|utca|útja|tér|körút|stræti|braut|vegur|gata|götu|hraun|hólar|põik|puiestee|maantee|tänav|iela|gatvė';

const DETAIL = String.raw`\b(?:suite|ste|apt|apartment|unit|flat|fl|floor|room|rm|psc|box|p\.? ?o\.? ?box|postfach|building|bldg|apto|piso|depto|lgh|whg|bus)\.? ?#?\d{1,6}[A-Za-z]?(?!\d)`;

/** Marks in which a number is. */
const NUMBERED: readonly Rule[] = [
  {
    category: 'address',
    pattern: new RegExp(`(?<![\\p{L}\\d.])\\d{1,6}[A-Za-z]?,? (?:${NAME} ){1,4}(?:${STREET})\\b\\.?`, 'giu'),
    isValid: isTitleCase,
  },
  {
    category: 'address',
    pattern: new RegExp(
      `(?<![\\p{L}\\d.])\\d{1,6}[A-Za-z]? (?:[\\p{Lu}\\d][\\p{L}\\p{M}\\d'.-]{0,40} ){1,3}(?:${RARE_STREET})(?![\\p{L}])`,
      'gu',
    ),
  },
  {
    category: 'address',
    pattern: new RegExp(`(?<![\\p{L}])(?:${PREFIX}) (?:${NAME} ){0,4}${NAME},? \\d{1,5}[A-Za-z]?(?!\\d)`, 'giu'),
    isValid: isTitleCase,
  },
  {
    category: 'address',
    pattern: new RegExp(
      `(?<![\\p{L}\\d])\\d{1,5}(?: ?(?:bis|ter|quater))?,? (?:${PREFIX}) (?:${NAME} ){0,4}\\p{Lu}[\\p{L}\\p{M}'-]{1,40}`,
      'giu',
    ),
  },
  {
    category: 'address',
    needs: new RegExp(`(?:${COMPOUND}) \\d`, 'iu'),
    pattern: new RegExp(
      `(?<![\\p{L}])(?:(?!(?:on|in|at|to|is|the|and|of|from|near|for|with|an?) )[\\p{L}.'-]{1,30} )?[\\p{L}.'-]{0,30}(?:${COMPOUND}) \\d{1,5}[A-Za-z]?\\b\\.?`,
      'giu',
    ),
    isValid: isNoEnglish,
  },
  { category: 'address', pattern: new RegExp(DETAIL, 'gi') },
  { category: 'address', pattern: /\b(?:apo|fpo|dpo) [a-z]{2} \d{5}(?!\d)/gi },
  { category: 'address', pattern: new RegExp(`(?<![\\p{L}\\d.])\\d{1,4}(?:st|nd|rd|th) (?:${STREET})\\b\\.?`, 'giu') },
  // German streets that begin with a preposition, and Polish postal codes.
  {
    category: 'address',
    pattern:
      /(?<![\p{L}])(?:Am|Im|Zum|Zur|(?:An|Auf|In|Hinter|Unter|Vor) de[nrm]) \p{Lu}\p{Ll}{3,30} \d{1,3}[a-z]?(?![\p{L}\d.,:%])/gu,
    isValid: isNoCommonWord,
  },
  { category: 'address', pattern: /(?<![\d-])\d{2}-\d{3} \p{Lu}\p{Ll}{2,30}(?![\p{L}\d])/gu },
  // A postal code of five digits and a town.
  {
    category: 'address',
    pattern: /(?<![\p{L}\d.,:-])(?:[A-Z]{1,2}-)?\d{5} \p{Lu}\p{Ll}{2,30}(?![\p{L}\d])/gu,
    isValid: (value) => !isEnglishWord(value.slice(value.indexOf(' ') + 1).toLowerCase()),
  },
  // A number, a name, a number: the commonest form where the kind of street is not said.
  {
    category: 'address',
    pattern:
      /(?<![\p{L}\d.,:-] ?|\d)\d{1,6} \p{Lu}[\p{L}\p{M}'.-]{2,30}(?: [\p{L}\p{M}'.-]{1,30}){0,2} \d{1,5}(?![\d.:%/])(?! ?(?:am|pm|%|°|[a-z]))/gu,
    isValid: isNoDate,
  },
  // The United Kingdom, Canada, the Netherlands, Poland, Sweden, Japan, the United States.
  {
    category: 'address',
    pattern:
      /(?<![A-Za-z0-9])(?:GIR ?0AA|(?:[A-PR-UWYZ]\d[A-HJKPSTUW]?|[A-PR-UWYZ][A-HK-Y]\d[ABEHMNPRVWXY0-9]?|[A-PR-UWYZ]\d\d|[A-PR-UWYZ][A-HK-Y]\d\d) ?\d[ABD-HJLNP-UW-Z]{2})(?![A-Za-z0-9])/g,
  },
  {
    category: 'address',
    pattern: /(?<![A-Za-z0-9])[ABCEGHJ-NPRSTVXY]\d[ABCEGHJ-NPRSTV-Z][ -]?\d[ABCEGHJ-NPRSTV-Z]\d(?![A-Za-z0-9])/g,
  },
  {
    category: 'address',
    pattern:
      /(?<![A-Za-z0-9])(?:[A-Z]{2},? \d{5}(?:-\d{4})?|\d{5}-\d{4}|[1-9]\d{3} ?[A-Z]{2} (?=\p{Lu}\p{Ll})|〒 ?\d{3}-?\d{4})(?!\d)/gu,
  },
];

const MARKS: readonly Rule[] = [
  {
    category: 'address',
    pattern:
      /(?<![\p{L}\d.])(?:\p{Lu}[\p{L}\p{M}'-]{1,40} ){1,3}(?:Street|Road|Avenue|Boulevard|Lane|Drive|Terrace|Crescent)(?![\p{L}])(?: \d{1,5}[a-z]?(?!\d))?/gu,
    needs: /Street|Road|Avenue|Boulevard|Lane|Drive|Terrace|Crescent/,
  },
  {
    category: 'address',
    pattern:
      /(?<key>\b(?:zip|zip ?code|post(?:al)? ?code|postcode|plz|cap|código postal|code postal)(?: is)?["']?\s{0,2}[:=#]?\s{1,2}["']?)[A-Z0-9][A-Z0-9 -]{2,9}(?![a-z])/gi,
  },
  {
    category: 'address',
    pattern: /\b(?:the )?corner of (?=[\p{Lu}\d]|ul\.)[^,;:!?\n]{3,90}?(?=\.?$|\. \p{Lu}|[,;:!?\n])/gu,
  },
];

const KOREAN: readonly Rule[] = [
  { category: 'address', pattern: /[가-힣]{1,6}(?:동|리|읍|면)\s?(?:산\s?)?\d{1,4}-\d{1,4}(?:번지)?(?![\d-])/g },
  {
    category: 'address',
    pattern:
      /(?:서울|부산|대구|인천|광주|대전|울산|세종|경기|강원|충청?[북남]|전라?[북남]|경상?[북남]|제주)(?:특별자치시|특별자치도|특별시|광역시|[북남]도|도|시)?\s?[가-힣]{1,6}(?:시|군|구)(?:\s?[가-힣0-9]{1,10}(?:구|읍|면|동|로|길|리|가)(?![가-힣]))?(?:\s?[가-힣0-9]{1,10}(?:동|로|길|리|가))?(?:\s?\d{1,5}(?:-\d{1,5})?(?:번지|번길)?)?(?:[\s,]{1,2}\d{1,5}(?:-\d{1,5})?(?:번지|동|호|층)?){0,3}/g,
  },
  {
    category: 'address',
    pattern:
      /(?<![가-힣])[가-힣]{1,10}(?:대로|[^으도]로|길)\s?\d{1,5}(?:번?길\s?\d{1,5})?(?:-\d{1,5})?(?:번지)?(?:[\s,]{1,2}\d{1,5}(?:동|호|층)){0,3}(?![\d%℃.])/g,
    isValid: (value) =>
      !/^(?:앞|뒤|위|아래|별|새|서|바|따|그대|차례|수시|임의|최대|평균|기준)(?:으?로|대로)/.test(value),
  },
  {
    category: 'address',
    pattern: /[가-힣]{1,6}(?:시|군|구)\s[가-힣0-9]{1,8}(?:읍|면|동|리|가)\s?(?:산\s?)?\d{1,5}(?:-\d{1,5})?(?:번지)?/g,
  },
  {
    category: 'address',
    pattern:
      /(?:[가-힣A-Za-z0-9]{1,12}(?:아파트|빌라|오피스텔|맨션|주공|자이|래미안|푸르지오|힐스테이트)\s?)?\d{1,4}\s?동\s?\d{1,4}\s?호/g,
  },
  {
    category: 'address',
    pattern: /(?<key>(?:주소|거주지|사는\s?곳|배송지|소재지|집)\s{0,2}(?:는|은|:|=)\s{0,3})[^\n.;]{3,80}/g,
  },
  { category: 'address', pattern: /(?<key>우편\s?번호\s{0,2}[:=]?\s{0,2})\d{3}-?\d{2,3}/g },
];

/** What follows up to the end of the sentence or the next empty line, if a number or a capital is in it. */
const KEYED: readonly Rule[] = [
  {
    category: 'address',
    pattern:
      /(?<key>\b(?:address(?:es)?|adresse|dirección|indirizzo|endereço|adres|osoite|adress|residence)(?: (?:is|are))?["']?\s{0,3}[:=]\s{0,8}["']?)[^\n";]{1,90}(?:\n {0,8}[^\n";:]{1,60}){0,4}/gi,
    isValid: (value) => /\d/.test(value) && !/^\s{0,4}(?:[0-9a-f]{2}[:-]){2}|^\d{1,3}(?:\.\d{1,3}){3}/i.test(value),
  },
  {
    category: 'address',
    pattern:
      /(?<key>\b(?:address(?:es)? (?:is|to|are)|lives? (?:at|on)|lived (?:at|on|in)|live (?:at|on)|located (?:at|on)|(?:office|house|shop|restaurant|station|store|clinic)s? (?:is|are) (?:at|on|in)|sent to|send (?:it )?to|return to|deliver(?:ed)? to|ship(?:ped)? to|moved to|taxi to|arrived at|drop(?:ped)? (?:off )?at|pick(?:ed)? up (?:at|from)) )(?=[\p{Lu}\d])[^.;!?]{3,110}?(?= in case| last | for post| for this| as | please|[.;!?](?:\s|$)|$)/gu,
    isValid: (value) => /\d/.test(value) && /\p{L}/u.test(value),
  },
];

const findNumbered = recogniser(NUMBERED, { digitsMin: 1 });
const findMarks = recogniser(MARKS);
const findKorean = recogniser(KOREAN, { needs: HANGUL });
const findKeyed = recogniser(KEYED);
/** How many words an address may reach beyond its mark on each side. */
const GROWTH_WORDS_MAX = 12;

export function findAddresses(subject: Subject, { all, isEnglish }: Words): Span[] {
  const { text } = subject;
  const sure = [...findKorean(subject), ...findKeyed(subject)];
  const marks = [...findNumbered(subject), ...findMarks(subject)];
  return [
    ...sure,
    ...marks.map((mark) => (isEnglish || all.length < GROWTH_WORDS_MAX ? grown(text, all, mark) : mark)),
  ];
}

function grown(text: string, all: readonly Word[], mark: Span): Span {
  let { start, end } = mark;
  const after = all.findIndex((word) => word.start >= mark.end);
  for (let i = after; i !== -1 && i < all.length && i < after + GROWTH_WORDS_MAX; i++) {
    const word = all[i]!;
    if (!/^[\s,()-]{0,10}$/.test(text.slice(end, word.start)) || !isPart(word) || isNewPart(text, end, word)) break;
    end = word.end;
  }
  let before = all.findLastIndex((word) => word.end <= mark.start);
  for (let steps = 0; before >= 0 && steps < GROWTH_WORDS_MAX; before--, steps++) {
    const word = all[before]!;
    if (!/^[ ,.]{0,3}$/.test(text.slice(word.end, start))) break;
    // "Anna and Hauptstraße 5": the corner of two.
    const joins = word.lower === 'and' && all[before - 1]?.kind === 'proper';
    if (!joins && (!isPart(word) || (word.kind === 'capital' && word.isSentenceStart))) break;
    start = word.start;
  }
  return { ...mark, start, end };
}

const isPart = ({ kind, lower }: Word): boolean =>
  kind === 'number' ||
  kind === 'proper' ||
  kind === 'initial' ||
  lower === 'nan' ||
  (kind === 'capital' && lower !== 'i');

/** A capitalised English word after an empty line, or before a colon, begins something else. */
const isNewPart = (text: string, end: number, word: Word): boolean =>
  text[word.end] === ':' || (word.kind === 'capital' && /\n\s{0,8}\n/.test(text.slice(end, word.start)));

/** "5 cars went down the road" is none: a name in it is capitalised, or everything is in lower case. */
function isTitleCase(value: string): boolean {
  const words = value.match(/\p{L}{3,}/gu) ?? [];
  return words.some((word) => /^\p{Lu}/u.test(word)) || words.length <= 2;
}

/** "During 1972" ends in a ring too. */
function isNoEnglish(value: string): boolean {
  return !(value.toLowerCase().match(/\p{L}{2,}/gu) ?? []).every(isEnglishWord);
}

/** "Am Kirchberg 7", but "Im Zimmer 7" and "Am Bahnhof 3". */
function isNoCommonWord(value: string): boolean {
  return !(value.toLowerCase().match(/\p{L}{4,}/gu) ?? []).some(
    (word) => isEnglishWord(word) || isCommonElsewhere(word),
  );
}

function isNoDate(value: string): boolean {
  return !/ (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec|Mon|Tue|Wed|Thu|Fri|Sat|Sun|UTC|GMT|Hz|MHz|dB)[a-z]{0,6}\b/.test(
    value,
  );
}
