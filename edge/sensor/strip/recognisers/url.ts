/** Web addresses: their hosts, paths and queries name people, and their user part holds passwords. */
import { isEnglishWord } from '../lexicon.ts';
import { type Rule, recogniser } from '../rule.ts';

const REST = String.raw`[^\s<>"'\x60]{1,2048}`;
// Country codes that are no English words, and the common generic ones. Others count with `www.` or a scheme.
const DOMAINS =
  'com|net|org|info|biz|edu|gov|mil|int|app|dev|xyz|online|site|shop|store|tech|cloud|club|live|name|pro|mobi|asia|eu|uk|de|fr|es|pt|nl|lu|ch|li|se|fi|dk|ee|lv|lt|pl|cz|sk|hu|ro|bg|hr|si|gr|cy|mt|ie|ua|by|ru|tr|il|ae|sa|ir|pk|bd|lk|np|cn|hk|tw|jp|kr|vn|th|my|sg|ph|au|nz|ca|mx|br|ar|cl|pe|za|ng|ke|eg|ma|tv|cc|ws|io|ai|gg|ly|gl|local|lan|internal|home|arpa|onion';

/** Domains that are words as well: what stands before them must be none. */
const WORDY_DOMAINS =
  'at|be|it|is|in|no|me|so|to|us|id|do|am|my|as|by|la|pm|st|im|fm|one|today|life|news|media|page|blog|art|design|world|email|group|network|digital|agency|company|center|systems|solutions|services|software|games|travel|museum|jobs|wiki|top|fun|link|zone|space|host|press|red|blue|bar|cafe|city|berlin|seoul|london|tokyo|paris|nyc|cat|vip';

const RULES: readonly Rule[] = [
  {
    category: 'url',
    pattern: new RegExp(
      `(?<![A-Za-z0-9.@\\-])(?:[a-z0-9](?:[a-z0-9\\-]{0,62})\\.){1,6}(?:${WORDY_DOMAINS})(?![A-Za-z0-9\\-@]|\\.[A-Za-z0-9])`,
      'g',
    ),
    isValid: (value) => /[a-z]{3}/.test(value) && !value.split('.').every(isEnglishWord),
  },
  {
    category: 'url',
    pattern: new RegExp(`(?<![A-Za-z0-9])[A-Za-z][A-Za-z0-9+.\\-]{1,15}:[/\\\\]{2}${REST}`, 'g'),
    needs: ':',
  },
  {
    category: 'url',
    pattern:
      /(?<![A-Za-z0-9])(?:mailto|tel|sms|callto|sip|sips|xmpp|skype|urn|facetime|whatsapp|magnet):[^\s<>"']{2,512}/gi,
  },
  { category: 'url', pattern: new RegExp(`(?<![A-Za-z0-9])h(?:tt|xx)ps?\\[?:\\]?[/\\\\]{2}${REST}`, 'gi') },
  { category: 'url', pattern: new RegExp(`(?<![A-Za-z0-9.])www\\d?\\.[A-Za-z0-9\\-]{1,63}\\.${REST}`, 'gi') },
  {
    category: 'url',
    pattern: new RegExp(
      `(?<![A-Za-z0-9.@\\-])(?:[A-Za-z0-9](?:[A-Za-z0-9\\-]{0,62})\\.){1,6}(?:xn--[a-z0-9\\-]{2,59}|(?:${DOMAINS}))(?![A-Za-z0-9\\-@]|\\.[A-Za-z0-9])(?::\\d{1,5})?(?:[/?#][^\\s<>"'\\x60]{0,2048})?`,
      'g',
    ),
    isValid: (value) => !/^\d+(?:\.\d+)*\.?[a-z]{2}$/.test(value),
  },
  // Any other two letters count where a path follows.
  {
    category: 'url',
    pattern: /(?<![A-Za-z0-9.@-])(?:[A-Za-z0-9][A-Za-z0-9-]{0,62}\.){1,6}[a-z]{2,12}\/[^\s<>"']{1,2048}/g,
  },
  {
    category: 'url',
    pattern:
      /(?<key>[?&;])(?:user|uid|id|name|email|mail|phone|token|key|session|sid|auth)[A-Za-z_]{0,12}=[^\s&<>"']{1,512}/gi,
  },
];

export const findUrls = recogniser(RULES);
