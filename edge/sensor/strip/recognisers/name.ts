/** Names of people by what announces them: a key, a title, a phrase; in English, Korean, and the keys of some other languages. */

import { isCommonElsewhere, isEnglishWord, isNameWord } from '../lexicon.ts';
import type { Recogniser } from '../rule.ts';
import { anyCase, HANGUL, type Rule, recogniser } from '../rule.ts';
import type { Span } from '../span.ts';
import { wordsOf } from '../words.ts';
import { findAddresses } from './address.ts';
import { findProperNouns } from './proper-noun.ts';

const WORD = String.raw`[\p{L}][\p{L}\p{M}'’.\-]{0,40}`;
const CAPITALISED = String.raw`(?:\p{Lu}[\p{L}\p{M}'’\-]{1,40}|\p{Lu}\.)`;
const CAPITALISED_NAME = `${CAPITALISED}(?: (?:(?:de|del|van|von|der|den|da|di|la|al|bin) ){0,2}${CAPITALISED}){0,4}`;
/** Words of three syllables that stand before telephone numbers, by their heads. */
const NO_NAMES_BEFORE_PHONE =
  '연락|전화|휴대|번호|부재중|주세요|주십시|신고|차량|주차|계좌|주소|문의|예약|접수|담당|현장|고장|상담|안내|위치|성명|이름|기타|긴급|대표|우리|지금|여기|정보|확인|사무|경비|관리|본사|지사|지점|매장';
const KEYS =
  '(?:full |first |last |given |family |middle |maiden |sur|nick|user ?|contact |customer |patient |owner |driver |guest )?name|owner|driver|patient|tenant|resident|passenger|visitor|guest|customer|client|contact(?: person)?|recipient|sender|addressee|attn|attention|author|operator|officer|employee|student|teacher|nurse|doctor|physician|manager|witness|suspect|victim|caller|reporter|holder|cardholder|beneficiary|account holder|next of kin|signed(?: by)?|submitted by|reported by|registered to|issued to|prepared for|complainant|applicant|requester|informant|' +
  // German, Dutch, and the Nordic languages.
  '(?:vor|nach|familien|zu)name|vor- und (?:nach|zu)name|name des halters|(?:fahrzeug)?halter(?:in)?|fahrer(?:in)?|melder(?:in)?|ansprechpartner(?:in)?|ansprechperson|kontakt(?:person)?|besitzer(?:in)?|eigentümer(?:in)?|absender(?:in)?|empfänger(?:in)?|kund(?:e|in)|mieter(?:in)?|zeug(?:e|in)|antragsteller(?:in)?|anzeigende[rs]?|bewohner(?:in)?|bearbeiter(?:in)?|anrufer(?:in)?|' +
  '(?:voor|achter)?naam|voor- en achternaam|contactpersoon|bestuurder|eigenaar|(?:kenteken)?houder|afzender|ontvanger|aanvrager|klant|getuige|bewoner|beller|indiener|navn|fornavn|etternavn|efternavn|namn|förnamn|' +
  // French, Spanish, Italian, Polish and others.
  'nom(?: (?:et|&) prénom)?|prénom(?: et nom)?|demandeu(?:r|se)|déclarante?|conduct(?:eur|rice)|propriétaire|titulaire|locataire|client(?:e)?|expéditeur|destinataire|témoin|plaignante?|habitante?|interlocuteur|appelante?|' +
  'nombre(?: y apellidos?| completo)?|apellidos?|solicitante|contacto|conductora?|titular|propietari[oa]|remitente|destinatari[oa]|denunciante|cliente|vecin[oa]|testigo|inquilin[oa]|ciudadan[oa]|' +
  'nome(?: e cognome| completo)?|cognome(?: e nome)?|richiedente|conducente|contatto|proprietari[oa]|intestatari[oa]|mittente|segnalante|referente|testimone|inquilin[oa]|cittadin[oa]|' +
  'imię(?: i nazwisko)?|nazwisko|zgłaszając[ay]|kierowca|właściciel(?:ka)?|kontakt|osoba kontaktowa|nadawca|odbiorca|wnioskodawca|klient(?:ka)?|świadek|najemca|mieszkan(?:iec|ka)|dzwoniąc[ay]|' +
  'jméno|příjmení|nimi|isim|ad[ıi]? soyad[ıi]?';
/** "Station name:" is that of a thing. */
const NO_THING =
  '(?!(?<=(?<![\\p{L}])(?:sensor|station|file|software|hostname|host|street|stop|parking|zone|package|model|brand|product|app|process|service|event|project|column|field|line|topic|layer|table|plan)[ _-])name)';
/** Values that name nobody, and things that are numbered. */
const NOBODY =
  '(?!(?:true|false|yes|no|on|off|open|closed|unknown|none|null|nil|undefined|n/a|anonymous|anonym|unbekannt|inconnue?|desconocid[oa]|sconosciut[oa]|nieznany|onbekend)(?=["\']?\\s{0,2}(?:$|[,;|})\\]\\n]|[\\p{L}_]{1,20}[=:]))|(?:sensor|node|gw|gateway|cam|camera|dev|device|station|meter|gate|lamp|bay|lot|parking|zone)(?:[-_ ]?\\d|[-_]\\w{0,12}\\d))';
/** What follows the value of a key in one line: the next key, or a way to reach the person. */
const NO_VALUE = `(?!(?:${KEYS})["']?\\s{0,2}[:=]|(?:tel|tél|telefon|téléphone|teléfono|telefono|telefoon|phone|mobile|mobil|cell|handy|fax|mail|e-?mail|correo|courriel|plate|kennzeichen|targa|matrícula|kenteken|dept|room)(?![\\p{L}]))`;
const KOREAN_KEYS =
  '이름|성명|성함|존함|차주|운전자|소유자|소유주|환자(?:명)?|보호자|담당자?|신고자|민원인|신청인|신청자|예금주|입금자명?|고객명?|작성자|수신인?|발신인?|수령인|입주자|세대주|대표자?|학생명?|직원명?|방문자|목격자|피해자|가해자|연락자|점검[자원]|요청[자인]|제보자?|접수자|이용자|이용객|승객|회원|기사|주무관|실무관|사무관|검침원|계장';
const SURNAMES =
  '김이박최정강조윤장임한오서신권황안송전홍유고문양손배백허남심노하곽성차주우구민류나진지엄채원천방공현함변염여추도소석선설마길연위표명기반왕금옥육인맹제모탁국어은편용예경봉사부가복태목형피두감호음빈동온시범좌팽승간견';
const TWO_SYLLABLE_SURNAMES = '남궁|황보|제갈|사공|선우|서문|독고|동방';
const NO_NAMES =
  '차량|지하|선생|기사|고객|사장|회장|부장|과장|차장|팀장|소장|원장|교수|의사|간호|어머|아버|할머|할아|손님|주인|부모|이모|고모|주민|시민|여러|도련|사모|장모|형수|기자|감독|대표|위원|의원|시장|국장|반장|조장|변호|경찰|소방|공무|직원|이용|방문|신청|민원|보호|환자';

const INTRODUCTIONS =
  "(?:my|his|her|their|your|whose|the|maiden|last|first|family|full) (?:full |first |last |maiden |family )?names?(?:'s| is| are| was)|i am called|call(?:s|ed)? me|named (?:him|her|me|it|after)|name is|goes by|known as|aka|yours sincerely,?|sincerely,?|kind regards,?|best regards,?|regards,?|me llamo|je m'appelle|ich hei(?:ß|ss)e|mi chiamo|mijn naam is|mein name ist|mi nombre es";
const RELATIONS =
  'tochter|sohn|mutter|vater|bruder|schwester|mann|ehefrau|tante|onkel|oma|opa|enkel(?:in)?|nachbar(?:in)?|kolleg(?:e|in)|freund(?:in)?|anrufer(?:in)?|melder(?:in)?|hausmeister(?:in)?|zeug(?:e|in)|patient(?:in)?|fahrer(?:in)?|namen|fille|fils|mère|père|frère|sœur|mari|femme|épouse|tante|oncle|voisine?|collègue|gardien(?:ne)?|témoin|locataire|(?:r?appele(?:r|z)|contacte(?:r|z)|joindre)|nom de|hij(?:o|a)|abuel(?:o|a)|herman(?:o|a)|marido|esposa|madre|padre|vecin(?:o|a)|amig(?:o|a)|conserje|testigo|llam(?:ar|e)|figli(?:o|a)|nonn(?:o|a)|fratello|sorella|marito|moglie|vicin(?:o|a)|custode|portinai(?:o|a)|chiamare|syn|córka|brat|siostra|mąż|żona|babcia|dziadek|sąsiad(?:ka)?|właściciel(?:ka)?|zgłosiła?|zoon|dochter|moeder|vader|broer|zus|oom|echtgenote|buurman|buurvrouw|huismeester|bel';
const NO_NAME_AFTER =
  'not|on|in|at|the|a|an|is|this|that|my|to|for|with|it|and|or|as|by|of|from|back|when|asap|incorrect|misspelled|wrong|appears?|tag|plate|server|badge|card|list|field|column|called|if|later|again|tomorrow|today|now|please';

/** After whoever is spoken to, and after whoever does something. */
const SPOKEN_TO = String.raw`, (?:can|could|would|will|please|are|do|did|have|may|thank|thanks|I)\b`;
const DOES = String.raw` (?:lives|lived|spent|was born|shouted|said|says|told|wrote|had given|is very|called|replied|asked|works|worked|resides)\b`;

const RULES: readonly Rule[] = [
  {
    category: 'name',
    needs: /(?<=[^\d\s]["']?\s{0,3})[:=]/,
    pattern: new RegExp(
      `(?<key>(?<![\\p{L}])${NO_THING}(?:${KEYS})["']?\\s{0,3}[:=]\\s{0,8}["']?)${NOBODY}${WORD}(?:[ ,]{1,2}${NO_VALUE}${WORD}){0,4}`,
      'giu',
    ),
  },
  {
    category: 'name',
    pattern:
      /(?<key>(?:名前|氏名|姓名|お名前|联系人|聯絡人|担当者)\s{0,2}[:は]\s{0,2})[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}ー・ ]{2,12}/gu,
  },
  // At the end, as a signature.
  {
    category: 'name',
    pattern: new RegExp(`(?<key>[-~,] ?)${CAPITALISED_NAME}\\s{0,4}$`, 'gu'),
    isValid: isNameLike,
  },
  // Titles.
  {
    category: 'name',
    pattern: new RegExp(
      `(?<key>(?<![\\p{L}])(?:[Mm]rs?|[Mm]s|[Mm]iss|[Mm]x|[Dd]r|[Pp]rof(?:essor)?|[Ss]ir|[Mm]adam|[Ll]ady|[Ll]ord|[Rr]ev(?:erend)?|[Cc]apt(?:ain)?|[Ss]gt|[Ss]ergeant|[Ll]t|[Cc]ol|[Gg]en|[Oo]fficer|[Ii]nspector|[Nn]urse|[Dd]octor|[Ss]e[ñn]or(?:a|ita)?|[Ss]ra?|Don|Doña|[Pp]ani?|[Mm]eneer|[Mm]evrouw|[Ss]igra?|[Hh]err|[Ff]rau|[Mm]onsieur|[Mm]adame|[Mm]me|[Mm]lle|[Ss]ignora?|[Dd]hr|[Mm]evr)\\.? )${CAPITALISED_NAME}`,
      'gu',
    ),
  },
  {
    category: 'name',
    pattern: new RegExp(`(?<key>(?<![\\p{L}])(?:MR|MRS|MS|MISS|DR|PROF)\\.? )${WORD}(?: ${WORD}){0,2}`, 'gu'),
  },
  // Relations, roles and requests to call, in other languages.
  {
    category: 'name',
    pattern: new RegExp(
      `(?=\\p{Lu}\\p{Ll})(?<=(?<![\\p{L}])(?:${anyCase(RELATIONS)})(?: (?:an?|à|de|bei|von))? )${CAPITALISED_NAME}`,
      'gu',
    ),
    isValid: isNoCommonWord,
  },
  // The sender, before an address.
  {
    category: 'name',
    pattern: new RegExp(`(?<![\\p{L}.])${CAPITALISED_NAME}(?= ?[<(][^\\s@<>()]{1,64}@)`, 'gu'),
    needs: '@',
  },
  // Japanese, before a title.
  {
    category: 'name',
    pattern: /(?!お?[客皆神仏奥王])(?<![\p{Script=Han}])[\p{Script=Han}]{1,4}(?=様|さん)/gu,
    needs: /様|さん/,
  },
  // Phrases after which a name comes in any case of letters.
  {
    category: 'name',
    pattern: new RegExp(
      `(?<key>(?<![\\p{L}])(?:${anyCase(INTRODUCTIONS)})[ \\n]{1,3})(?!(?:${anyCase(NO_NAME_AFTER)})(?![\\p{L}]))${WORD}(?: ${CAPITALISED_NAME})?`,
      'gu',
    ),
  },
  // Phrases after which a capital tells.
  {
    category: 'name',
    pattern: new RegExp(
      `(?<key>(?<![\\p{L}])(?:[Hh]i|[Hh]ello|[Hh]ey|[Dd]ear|[Tt]hanks,?|[Tt]hank you,?|[Ii]'m|[Ii] am|[Tt]his is|[Aa]sk for|[Ss]peak (?:to|with)|[Tt]alk to|[Mm]eet|[Cc]alled|[Nn]amed|[Ss]ays|[Ss]aid|[Ww]ith|[Bb]y|[Uu]nder|[Ff]rom|[Cc]ontact|[Tt]ell|[Mm]y (?:kid|son|daughter|wife|husband|brother|sister|mother|father|friend|boss|partner|colleague|neighbou?r|child|baby|aunt|uncle|cousin)|[Ss]tarring|[Dd]irected by|[Ww]ritten by|[Pp]artner's name|[Rr]egistered (?:to|for|under)) )${CAPITALISED_NAME}`,
      'gu',
    ),
    isValid: isNameLike,
  },
  // Whose it is, or who is spoken to.
  {
    category: 'name',
    pattern: new RegExp(`(?<![\\p{L}.])${CAPITALISED_NAME}(?=${SPOKEN_TO})`, 'gu'),
    needs: new RegExp(SPOKEN_TO),
    isValid: isNoCommonOpening,
  },
  {
    category: 'name',
    pattern: new RegExp(`(?<![\\p{L}.])${CAPITALISED_NAME}(?=${DOES})`, 'gu'),
    needs: new RegExp(DOES),
    isValid: isNoCommonOpening,
  },
];

const KOREAN: readonly Rule[] = [
  {
    category: 'name',
    pattern: new RegExp(
      `(?<key>(?:${KOREAN_KEYS})["']?\\s{0,2}[:=은는]?\\s{0,3}["']?)(?!(?<=이름)표[가를는도이에]|부재중|(?:부재|변경|지정|배정|연락처|${NO_NAMES_BEFORE_PHONE}|${KOREAN_KEYS})[이가은는을를로]?(?![가-힣])|(?:${KOREAN_KEYS})\\s{0,2}[:=])(?:[${SURNAMES}]|${TWO_SYLLABLE_SURNAMES})[가-힣]{1,2}(?![가-힣])`,
      'g',
    ),
  },
  {
    category: 'name',
    pattern: new RegExp(
      `(?<key>(?!(?<=(?:파일|장치|센서|정류장|역) ?)이름)(?:${KOREAN_KEYS})["']?\\s{0,2}[:=]\\s{0,3}["']?)[가-힣]{2,5}(?: [가-힣]{1,3})?`,
      'g',
    ),
  },
  {
    category: 'name',
    pattern:
      /(?<key>(?:이름(?!표)|성명|성함)["']?\s{0,2}(?:은|는|:|=)?\s{0,3}["']?)[가-힣]{2,4}?(?=입니다|이에요|예요|이고|님|씨|[^가-힣]|$)/g,
  },
  {
    category: 'name',
    pattern: new RegExp(
      `(?<![가-힣])(?!${NO_NAMES})(?:[${SURNAMES}][가-힣]{1,2}|(?:${TWO_SYLLABLE_SURNAMES})[가-힣]{1,2}) ?(?=(?:씨|님|군|양|선생님?|기사님?|고객님?|환자분?|과장님?|부장님?|차장님?|대리님?|팀장님?|사장님|주임님?|교수님?|박사님?|의원님?|할머니|할아버지|어머니|아버지|어르신|주민)(?:[^가-힣]|$|[이가은는을를의에께도과와입랑만]|한테|부터|까지))`,
      'g',
    ),
  },
  {
    category: 'name',
    pattern: new RegExp(
      `(?<key>(?:저는|나는|제가|본인은|제 이름은) )[${SURNAMES}][가-힣]{1,2}(?=입니다|이에요|예요|인데|이라고|라고|이고|이며|,)`,
      'g',
    ),
  },
  // Exported chats: "[홍길동] [오전 10:12] ..." and "오전 10:12, 홍길동 : ...".
  {
    category: 'name',
    pattern: /(?<=\[)[가-힣]{2,10}(?=\] ?\[(?:오전|오후) ?\d)|(?<=(?:오전|오후) ?\d{1,2}:\d{2}, )[가-힣]{2,10}(?= : )/g,
    needs: /오전|오후/,
  },
  // Before an age in brackets.
  {
    category: 'name',
    pattern: new RegExp(`(?<![가-힣])[${SURNAMES}][가-힣]{1,2}(?= ?\\(\\d{1,3}세)`, 'g'),
  },
  // Before a telephone number.
  {
    category: 'name',
    pattern: new RegExp(
      `(?<![가-힣])(?!${NO_NAMES}|${NO_NAMES_BEFORE_PHONE})[${SURNAMES}][가-힣]{2}(?=[ ,:/]{1,2}\\(?0\\d{1,2}[) .-])`,
      'g',
    ),
  },
];

/** Capitals also stand on words that are none: of those only the ones that are names too count. */
function isNameLike(value: string): boolean {
  const first = (/^[\p{L}-]*/u.exec(value)?.[0] ?? '').toLowerCase();
  return isNoCommonOpening(value) && (!isEnglishWord(first) || isNameWord(first));
}

/** "Nachbar Müller", but "Nachbar Straße". */
function isNoCommonWord(value: string): boolean {
  const first = (/^[\p{L}-]*/u.exec(value)?.[0] ?? '').toLowerCase();
  return !isCommonElsewhere(first) && (!isEnglishWord(first) || isNameWord(first));
}

/** Words that open sentences; a name that is one is announced in other ways too. */
function isNoCommonOpening(value: string): boolean {
  return (
    !/^\p{Lu}{1,4}(?![\p{L}'’])/u.test(value) &&
    !/^(?:Hi|Hello|Dear|Hey|Yes|No|Ok|Okay|Well|So|Now|Then|Also|Please|The|This|That|These|Those|It|He|She|We|They|You|There|Here|Who|What|Where|When|Why|How|If|In|On|At|To|For|And|But|Or|My|Your|Our|His|Her|Their|Its|Sorry|Thanks|Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday|January|February|March|July|September|October|November|December|Sensor|Gateway|Camera|Device|Bot|User|Everyone|Someone|Nobody|One|Some|All|Patient|Bluetooth|Wi-Fi|Router|Server|Sir|Madam|Team|All)(?![\p{L}])/u.test(
      value,
    )
  );
}

const findByRule = recogniser(RULES);
const findKorean = recogniser(KOREAN, { needs: HANGUL });
const KEY_ALONE = new RegExp(
  `^(?:${KEYS}|tel|tél|telefon|téléphone|teléfono|telefono|telefoon|handy|mobil|adresse)$`,
  'iu',
);

/** A word before a colon that announces a name is none itself. */
function isKey(text: string, { start, end }: Span): boolean {
  return /^["']?\s{0,3}[:=]/.test(text.slice(end, end + 8)) && KEY_ALONE.test(text.slice(start, end));
}

/** All that depends on words: names, places, addresses. */
export const findNames: Recogniser = (subject) => {
  const words = wordsOf(subject.text);
  const nouns = findProperNouns(subject.text, words).filter((span) => !isKey(subject.text, span));
  return [...findByRule(subject), ...findKorean(subject), ...nouns, ...findAddresses(subject, words)];
};
