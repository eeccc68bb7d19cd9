/** The page that finds cameras, tries one, shows its filtered picture, and adds it. */
import { applyTexts, text } from './i18n.js';
import { loadPurposes, pullAddress } from './purpose.js';

const element = (id) => document.getElementById(id);
const buttons = ['find', 'add'].map(element).concat(element('try').querySelector('button'));

/** Undefined when it failed; the reason is shown then. */
async function ask(step, body = {}) {
  element('fault').hidden = true;
  for (const button of buttons) button.disabled = true;
  try {
    const answer = await fetch(`/api/setup/${step}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', 'X-Garim-Console': '1' },
      body: JSON.stringify(body),
    });
    if (answer.status === 401) location.assign('/login');
    const said = await answer.json();
    if (answer.ok) return said;
    showFault(`${said.message} ${said.fix}`);
  } catch {
    showFault(text('boxLost'));
  } finally {
    for (const button of buttons) button.disabled = false;
  }
  return undefined;
}

function showFault(line) {
  element('fault').textContent = line;
  element('fault').hidden = false;
}

element('find').addEventListener('click', async () => {
  element('found').replaceChildren(lineOf(text('searching')));
  const said = await ask('find');
  const lines = (said?.devices ?? []).map(({ address, name }) => {
    const choose = Object.assign(document.createElement('button'), {
      type: 'button',
      textContent: `${name} ${address}`,
    });
    choose.addEventListener('click', () => {
      element('address').value = address;
      element('name').focus();
    });
    const line = document.createElement('li');
    line.append(choose);
    return line;
  });
  const others = (said?.leftOut ?? []).map(lineOf);
  element('found').replaceChildren(
    ...(lines.length > 0 || said === undefined ? lines : [lineOf(text('nothingFound'))]),
    ...others,
  );
});

function lineOf(line) {
  return Object.assign(document.createElement('li'), { textContent: line });
}

element('try').addEventListener('submit', async (event) => {
  event.preventDefault();
  element('tried').hidden = true;
  element('done').hidden = true;
  const said = await ask('try', Object.fromEntries(new FormData(element('try'))));
  if (said === undefined) return;
  await showPicture(said.name);
  element('about').textContent = [said.description, said.stream, said.advice].filter((line) => line !== '').join(' · ');
  element('tried').hidden = false;
});

/** It is on record before it comes, as any picture is; where nothing is agreed about the camera, the reason is shown instead. */
async function showPicture(name) {
  await loadPurposes();
  const address = pullAddress('/api/setup/picture.jpg');
  const picture = element('picture');
  picture.alt = text('filteredPicture', name);
  picture.onerror = async () => showFault(await (await fetch(address)).text());
  // A browser shows what it has of the same address, which may be of another camera.
  picture.src = `${address}${address.includes('?') ? '&' : '?'}${Date.now()}`;
}

element('add').addEventListener('click', async () => {
  const said = await ask('add');
  if (said === undefined) return;
  element('tried').hidden = true;
  element('try').reset();
  element('done').textContent = text('cameraAdded', said.name);
  element('done').hidden = false;
});

/** The box's clock is compared with this device's, which has its time from a network. */
const CLOCK_MS_MAX = 5_000;

async function showChecklist() {
  const askedMs = Date.now();
  const answer = await fetch('/api/setup/checklist', { headers: { 'X-Garim-Console': '1' } });
  if (!answer.ok) return;
  const { wallMs, items, signs } = await answer.json();
  const offMs = Math.abs(wallMs - (askedMs + Date.now()) / 2);
  const seconds = Math.round(offMs / 1000);
  const clock = offMs <= CLOCK_MS_MAX ? text('clockAgrees') : text('clockDiffers', seconds);
  const all = [{ name: 'clock', isWell: offMs <= CLOCK_MS_MAX, detail: clock, fix: '' }, ...items];
  element('items').replaceChildren(
    ...all.map(({ name, isWell, detail, fix }) => {
      const line = lineOf(`${text(`check-${name}`)}: ${[detail, fix].filter((part) => part !== '').join('. ')}`);
      line.dataset.well = String(isWell);
      return line;
    }),
  );
  element('signs').replaceChildren(
    ...signs.flatMap((name) => [
      Object.assign(document.createElement('a'), {
        href: `/api/setup/sign-${name}.html`,
        textContent: text('signOf', name),
      }),
      ' ',
    ]),
  );
  element('checklist').hidden = false;
}

applyTexts(document);
showChecklist().catch(() => showFault(text('boxLost')));
