/**
 * Vehicle registrations outside Korea (those are in korea.ts).
 *
 * Forms that only a plate has count anywhere, in capitals. Forms that words, products and standards have too count beside a word for a
 * vehicle, or when they are the whole text, as in a field of a plate reader.
 */
import { type Recogniser, type Rule, recogniser } from '../rule.ts';
import type { Span } from '../span.ts';

// No \b: several of these words begin or end in letters that it does not know.
const VEHICLE = new RegExp(
  '(?<![\\p{L}])(?:' +
    'plates?|licen[cs]e plate|number ?plate|registration|reg|tag|vrm|vrn|vehicles?|cars?|van|truck|lorry|taxi|bus|minibus|pick-?up|suv|sedan|motor(?:bike|cycle)|scooter|trailer|tow(?:ed)?|driv(?:er|ing|es?)|parked|parking|double[- ]parked|red light|speeding|lpr|anpr|alpr|lapi|' +
    'kennzeichen|kennz|kfz(?:-kennzeichen)?|pkw|lkw|fahrzeug|auto|autos|wagen|transporter|motorrad|anhänger|roller|halter(?:in)?|fahrer(?:in)?|falschparker(?:in)?|parkt|parken|geparkt|abgestellt|einfahrt|ausfahrt|schranke|radweg|' +
    'immatriculée?|immatriculation|plaques?|véhicules?|voitures?|camionnette|camion|fourgon|moto|conduct(?:eur|rice)|stationnée?|garée?|' +
    'matr[ií]cula|placa|coche|furgoneta|furgón|veh[ií]culo|camión|conductora?|aparcad[oa]|estacionad[oa]|doble fila|' +
    'targ(?:a|ata|ato)|veicolo|vettura|macchina|furgone|camioncino|conducente|varco|ztl|transito|sosta|parcheggiat[oa]|' +
    'tablic[aęy]|rejestracyjn(?:y|a|ym|ej)|nr rej|rej|samoch(?:ód|odu|odem)|pojazd(?:u|em)?|aut[oa]|kierowca|zaparkowan[ye]|parkuje|motocykl|ciężarówka|' +
    'kenteken(?:plaat)?|voertuig|busje|bestel(?:bus|wagen)|vrachtwagen|bestuurder|geparkeerd|fout geparkeerd|brommer|motor|' +
    'lectura|lettura|odczyt|plaka|rekisteri|registreringsnummer|nummerplade|nummerplåt|rz|spz|rendszám|nr_?rej|n(?:um|o|r)_?plate|plate_?(?:no|nr|num|number|id)|veh(?:icle)?_?(?:id|no|nr|reg)|ref_?vehicle|fzg|immat|kent|abschleppen|fourrière|grúa|rimozione|odholować|wegslepen|felparkerad|regnr' +
    ')(?![\\p{L}])|번호판|차량|차번|주차|오토바이|이륜차|入庫|车牌|ナンバー',
  'iu',
);
/** Words that stand before a number and are no plate. */
const isNoWord = (value: string): boolean =>
  !/^(?:ISO|IEC|RFC|DIN|UTC|GMT|CET|JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC|MON|TUE|WED|THU|FRI|SAT|SUN|PM|AM|NO|NR|COM|USB|GPS|CPU|ROW|ERR|TTY|VLAN|PORT|CH|SF|DR|FW|HW|SW|V(?!\d{1,3}[ -]?[A-Z]{3}$)|EU|UN)(?=[ \-\d])/i.test(
    value,
  );

/** Every form begins with a digit or three letters at most, which spares most words of a text a closer look. */
const OPEN = '(?<![A-Za-z0-9])(?=[A-Za-zÄÖÜäöü]{0,3}[ \\-–:·.\\d])(?<![\\p{L}\\p{N}])(?<!\\d[.,:/-])';
const CLOSE = '(?![\\p{L}\\p{N}]|[.,:/-]\\d)';
const L = '[A-ZÄÖÜ]';
const GAP = '[ \\-–:·.]';
/** Between a district and what follows. */
const DISTRICT_GAP = '(?:[\\-–:·.] ?| )';
/** In capitals, or all in lower case: mixed case is a word and a number. */
const BESIDE_VEHICLE = [
  `${L}{2}${GAP}?\\d{3}${GAP}?${L}{2}`,
  `\\d{2,4} ${L}{2,3} (?:\\d{2}|2[AB])`,
  `${L}{1,2}${GAP}\\d{4}${GAP}${L}{1,2}`,
  `${L}{1,3}${DISTRICT_GAP}${L}{1,2}${GAP}?\\d{1,4}[EH]?`,
  `\\d{4}${GAP}?[BCDFGHJKLMNPRSTVWXYZ]{3}`,
  `${L}{2}\\d{2}${GAP}?${L}{3}`,
  `${L}\\d{1,3}${GAP}?${L}{3}`,
  `${L}{2,3}${GAP}?\\d{4,5}`,
  `${L}{2,3}${GAP}?\\d{3,4}${L}`,
  `${L}{2,3}${GAP}?\\d{3}${L}{2}`,
  `${L}{2,3}${GAP}?\\d${L}\\d{2,3}`,
  `${L}{2,3}${GAP}?\\d${L}{2}\\d{2}`,
  `${L}{3}${GAP}?${L}\\d{3}`,
  `${L}{3}${GAP}?\\d{2}${L}{1,2}`,
  `${L}{3}${GAP}\\d{2,3}`,
  `\\d{3}${GAP}${L}{3}`,
  `\\d${L}\\d ?\\d{4}`,
  `\\d${GAP}?${L}{3}${GAP}?\\d{3}`,
].flatMap((form) => [form, inLowerCase(form)]);

/** A word may stand before it there: a district's letters count with a hyphen only. */
function inLowerCase(form: string): string {
  return form
    .replace(DISTRICT_GAP, '[-–]')
    .replaceAll(L, '[a-zäöü]')
    .replaceAll(/\[[A-Z]+\]/g, (set) => set.toLowerCase());
}
/** Of such forms, what measures or dates. */
const UNITS_OR_DATE =
  /^(?:\d+ ?(?:min|sec|std|uhr|eur|usd|krw|kmh|kwh|mhz|ghz|khz|ppm|ppb|rpm|dba|hpa|lux|pcs|stk|szt|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|mai|mär|okt|dez|abr|ago|dic|gen|mag|giu|lug|set|ott|the|and|von|bis|der|die|das|por|los|las|per|dei|sur|les|des|van|met|voor|nad|pod|cars?|vans?|suvs?|men|von|day|new|old|out|off|are|was|has|had|for|not|per)\b|(?:car|van|suv|am|um|ab|bis|von|seit|vor|nach|at|on|in|by|to|of|no|nr|le|la|el|il|de|du|al|du|en|od|do|na|op|om|te|the|bay|lot|row|bus|gate|zone|area|line|platz|tor|gate|floor|level|box|room|unit|ab|km|ca|for|and|get|put|ref|job|run|art|abs|rue|via|only|about|over|last|next|lane)[ \-–:·.])/i;

const RULES: readonly Rule[] = [
  // United Kingdom: current, prefix and suffix style.
  {
    category: 'plate',
    pattern: /(?<![A-Za-z0-9])[A-HJ-PR-Y][A-HJ-PR-Y][ -]?(?:0[1-9]|[1-9]\d)[ -]?[A-HJ-PR-Z]{3}(?![A-Za-z0-9])/g,
  },
  {
    category: 'plate',
    pattern: /(?<![A-Za-z0-9])[A-HJ-NPR-TV-Y]\d{1,3}[ -]?[A-HJ-PR-Z]{3}(?![A-Za-z0-9])/g,
    isValid: isNoWord,
  },
  {
    category: 'plate',
    pattern: /(?<![A-Za-z0-9])[A-HJ-PR-Z]{3}[ -]?\d{1,3}[A-HJ-NPR-TV-Y](?![A-Za-z0-9])/g,
    isValid: isNoWord,
  },
  // Germany and Austria; France and Italy; Spain; Poland, Sweden and others of three letters; Netherlands.
  { category: 'plate', pattern: /(?<![A-Za-z0-9ÄÖÜ-])[A-ZÄÖÜ]{1,3}[-:·][A-ZÄÖÜ]{1,2} ?\d{1,4}[EH]?(?![A-Za-z0-9-])/g },
  {
    category: 'plate',
    pattern: /(?<![A-Za-z0-9ÄÖÜ-])[A-ZÄÖÜ]{1,3} [A-ZÄÖÜ]{1,2} ?\d{2,4}[EH]?(?![A-Za-z0-9-])/g,
    isValid: isNoWord,
    context: VEHICLE,
  },
  {
    category: 'plate',
    pattern: /(?<![A-Za-z0-9])[A-HJ-NP-TV-Z]{2}[- ]?\d{3}[- ]?[A-HJ-NP-TV-Z]{2}(?![A-Za-z0-9])/g,
    isValid: isNoWord,
  },
  {
    category: 'plate',
    pattern: /(?<![A-Za-z0-9])\d{4}[ -]?[BCDFGHJKLMNPRSTVWXYZ]{3}(?![A-Za-z0-9])/g,
    isValid: (v) => !/(?:PPM|PPB|RPM|KWH|MHZ|KHZ|GHZ|BPM|GMT|KST|MST|PST|LBS|DB)$/.test(v),
  },
  {
    category: 'plate',
    pattern:
      /(?<![A-Za-z0-9])(?:\d{2}-[A-Z]{2}-[A-Z]{2}|[A-Z]{2}-\d{2}-[A-Z]{2}|[A-Z]{2}-[A-Z]{2}-\d{2}|\d{2}-[A-Z]{2}-\d{2}|\d{2}-[A-Z]{3}-\d|\d-[A-Z]{3}-\d{2}|[A-Z]{2}-\d{3}-[A-Z]|[A-Z]-\d{3}-[A-Z]{2}|\d{2}-\d{2}-[A-Z]{2})(?![A-Za-z0-9-])/g,
    isValid: (v) => !/^\d\d-(?:JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC)-/.test(v),
  },
  // Three letters and three or four digits: half of Europe and of the United States.
  {
    category: 'plate',
    pattern: /(?<![A-Za-z0-9])[A-Z]{3}[- ]?\d{3,4}(?![A-Za-z0-9-])/g,
    isValid: (v) => isNoWord(v) && /^[A-Z]{3}-?\d{4}$/.test(v),
  },
  {
    category: 'plate',
    pattern: /(?<![A-Za-z0-9])[A-Z]{3}[- ]\d{3}(?![A-Za-z0-9-])/g,
    isValid: isNoWord,
    context: VEHICLE,
  },
  { category: 'plate', pattern: /(?<![A-Za-z0-9])[1-9][A-Z]{3}\d{3}(?![A-Za-z0-9])/g },
  // India, Turkey, Nigeria, Brazil, Russia, Ukraine, China, Japan.
  { category: 'plate', pattern: /(?<![A-Za-z0-9])[A-Z]{2}[ -]?\d{1,2}[ -]?[A-Z]{1,3}[ -]?\d{4}(?![A-Za-z0-9])/g },
  {
    category: 'plate',
    pattern: /(?<![A-Za-z0-9]|\d-)(?:0[1-9]|[1-7]\d|8[01]) ?[A-Z]{1,3} ?\d{2,5}(?![A-Za-z0-9])/g,
    isValid: (v) =>
      /\d{2}$/.test(v) &&
      !/^\d{2} ?(?:JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC|AM|PM|X|KM|M|C|F|V|A|W) ?\d/.test(v),
  },
  { category: 'plate', pattern: /(?<![A-Za-z0-9])[A-Z]{3}[- ]?\d{3}[A-Z]{2}(?![A-Za-z0-9])/g },
  { category: 'plate', pattern: /(?<![A-Za-z0-9])[A-Z]{3}\d[A-Z]\d{2}(?![A-Za-z0-9])/g },
  { category: 'plate', pattern: /(?<![A-Za-z0-9])[ABCEHKMOPTXY] ?\d{3} ?[ABCEHKMOPTXY]{2} ?\d{2,3}(?![A-Za-z0-9])/g },
  { category: 'plate', pattern: /(?<![A-Za-z0-9])[ABCEHIKMOPTX]{2} ?\d{4} ?[ABCEHIKMOPTX]{2}(?![A-Za-z0-9])/g },
  {
    category: 'plate',
    pattern: /[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-Z][· .-]?[A-Z0-9]{5,6}/g,
  },
  { category: 'plate', pattern: /[\u4e00-\u9fff]{1,4} ?\d{2,3} ?[\u3041-\u3096] ?[\d.・]{1,2}-?\d{1,2}/g },
  // France and Italy with spaces, whose letters leave out I, O and U.
  {
    category: 'plate',
    pattern: /(?<![A-Za-z0-9])[A-HJ-NP-TV-Z]{2} \d{3} [A-HJ-NP-TV-Z]{2}(?![A-Za-z0-9])/g,
    isValid: (value) =>
      !/^(?:A[MNST]|B[EY]|HE|M[EY]|WE|[CPL]H|SF) | (?:AM|CM|DB|GB|HZ|K[BGMW]|M[BMSW]|PM|PT|TB|TX|RX)$/.test(value),
  },
  // Beside a word for a vehicle, the forms of many countries in any case, with any mark between the groups: old and new France, old Spain,
  // Germany, Italy, Poland and others of letters before digits.
  {
    category: 'plate',
    pattern: new RegExp(`${OPEN}(?:${BESIDE_VEHICLE.join('|')})${CLOSE}`, 'gu'),
    isValid: (value) => isNoWord(value) && !UNITS_OR_DATE.test(value),
    context: VEHICLE,
  },
  // After a word that announces it, whatever it looks like.
  {
    category: 'plate',
    pattern:
      /(?<key>\b(?:licen[cs]e plates?|number ?plates?|plates?|licen[cs]e|registration|reg|vrm|vrn|tag|kennzeichen|matr[ií]cula|targa|immatriculation|plaka|kenteken)(?: ?(?:no|number|nr|num|text|read|is|was|with)\.?){0,3}["']?[ :=#]{1,4}["']?)[A-Za-z0-9](?:[ \-.·]?[A-Za-z0-9]){3,8}(?![A-Za-z0-9])/gi,
    isValid: (v) => /\d{3}/.test(v) || (/\d/.test(v) && /^(?:[^a-z]+|[^A-Z ]+)$/.test(v)),
  },
  // A state before it.
  {
    category: 'plate',
    pattern:
      /\b(?:Alabama|Alaska|Arizona|Arkansas|California|Colorado|Connecticut|Delaware|Florida|Georgia|Hawaii|Idaho|Illinois|Indiana|Iowa|Kansas|Kentucky|Louisiana|Maine|Maryland|Massachusetts|Michigan|Minnesota|Mississippi|Missouri|Montana|Nebraska|Nevada|New (?:Hampshire|Jersey|Mexico|York)|(?:North|South) (?:Carolina|Dakota)|Ohio|Oklahoma|Oregon|Pennsylvania|Rhode Island|Tennessee|Texas|Utah|Vermont|(?:West )?Virginia|Washington|Wisconsin|Wyoming|A[LKZR]|C[AOT]|DE|FL|GA|HI|I[DLNA]|K[SY]|LA|M[EDAINSOT]|N[EVHJMYCD]|O[HKR]|PA|RI|S[CD]|T[NX]|UT|V[TA]|W[AVIY]|DC)[ :-](?=[A-Z0-9\- ]{0,6}\d)(?=[A-Z0-9\- ]{0,6}[A-Z])[A-Z0-9]{1,4}[ -]?[A-Z0-9]{2,5}(?![A-Za-z0-9])/g,
    context: VEHICLE,
  },
  // Any short mixture beside a word for a vehicle.
  {
    category: 'plate',
    pattern: /(?<![A-Za-z0-9-])(?=[A-Z0-9 -]{0,7}\d)[A-Z]{1,3}[ -]?\d{2,4}[ -]?[A-Z]{0,3}(?![A-Za-z0-9-])/g,
    isValid: (v) => isNoWord(v) && v.length >= 5,
    context: VEHICLE,
  },
];

const findByRule = recogniser(RULES, { digitsMin: 1 });
const WHOLE =
  /^\s{0,8}(?:[A-Z]{1,3}[ -]?\d{1,4}[ -]?[A-Z]{0,3}|\d{1,4}[ -]?[A-Z]{1,3}[ -]?\d{0,4}|[A-Z]{2}\d{2} ?[A-Z]{3})\s{0,8}$/i;

export const findPlates: Recogniser = (subject) => {
  if (subject.digits === 0) return [];
  const spans: Span[] = findByRule(subject);
  const { text } = subject;
  const value = text.length < 24 && WHOLE.test(text) ? text.trim() : '';
  if (value.length >= 5 && isNoWord(value)) {
    const start = text.indexOf(value);
    spans.push({ start, end: start + value.length, category: 'plate' });
  }
  return spans;
};
