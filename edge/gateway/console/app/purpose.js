/**
 * What the pictures on this page are pulled for. Where the agreements with the user leave one purpose, nobody is asked; where they leave
 * several, nothing is pulled before one is chosen: each pull is on record with its purpose.
 */
import { currentLanguage } from './i18n.js';

const STORED = 'garim-purpose';
const RETRY_MS = 2000;
let choices = [];
let chosen = localStorage.getItem(STORED) ?? '';
let isLoaded = false;

/** Resolves when it is known what may be said; tries until the box answers. */
export async function loadPurposes() {
  while (!isLoaded) {
    try {
      const response = await fetch('/api/purposes', { headers: { 'X-Garim-Console': '1' } });
      if (response.ok) take((await response.json()).choices);
    } catch {
      // the box is away
    }
    if (!isLoaded) await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
}

function take(agreed) {
  const known = new Map(agreed.map(({ purpose, label }) => [purpose, label]));
  choices = [...known].map(([purpose, label]) => ({ purpose, label }));
  if (!known.has(chosen)) chosen = '';
  isLoaded = true;
}

/** `ready`; `choose`: the user has to say it; `none`: nothing is agreed with this user; `waiting`: not known yet. */
export function purposeState() {
  if (!isLoaded) return 'waiting';
  if (choices.length === 0) return 'none';
  return choices.length === 1 || chosen !== '' ? 'ready' : 'choose';
}

/** An address with what is to be said in it. */
export function pullAddress(path) {
  return choices.length > 1 && chosen !== '' ? `${path}?purpose=${chosen}` : path;
}

/** Fills the list; hidden where there is nothing to choose. */
export function renderPurposes(select, emptyText) {
  select.hidden = choices.length < 2;
  const options = [['', emptyText], ...choices.map(({ purpose, label }) => [purpose, label[currentLanguage()]])];
  select.replaceChildren(...options.map(([value, line]) => new Option(line, value, false, value === chosen)));
}

export function choosePurpose(purpose) {
  chosen = purpose;
  localStorage.setItem(STORED, purpose);
}
