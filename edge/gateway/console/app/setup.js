/**
 * The page that sets a box up: finds cameras, tries one, shows its filtered picture, and adds it; names a time server, another user, a certificate.
 * Steps are independent of each other, and what was typed stays until it was taken.
 */
import { applyTexts, text } from './i18n.js';
import { loadPurposes, pullAddress } from './purpose.js';

const element = (id) => document.getElementById(id);
const buttons = [...document.querySelectorAll('button:not(.skip-step)')];

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
    showFault(
      [said.message, said.fix]
        .filter((part) => part !== '')
        .map((part) => part.replace(/\.?$/, '.'))
        .join(' '),
    );
  } catch {
    showFault(text('boxLost'));
  } finally {
    for (const button of buttons) button.disabled = false;
  }
  return undefined;
}

/** Where whoever typed is looking: a phone shows no more than a form. */
function showFault(line) {
  const fault = element('fault');
  const step = document.querySelector('.step[open]');
  if (step !== null) step.querySelector('form').before(fault);
  fault.textContent = line;
  fault.hidden = false;
  fault.scrollIntoView({ block: 'center' });
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
  showDone('camera', text('cameraAdded', said.name));
});

const STEPS = ['camera', 'time', 'user', 'certificate'];

/** One is open at a time, so that a phone shows little else. */
function openStep(name) {
  for (const each of STEPS) element(`step-${each}`).open = each === name;
  element('fault').hidden = true;
  (name === undefined ? element('checklist') : element(`step-${name}`)).scrollIntoView({ block: 'start' });
}

for (const [at, name] of STEPS.entries()) {
  const step = element(`step-${name}`);
  step.querySelector('.skip-step').addEventListener('click', () => openStep(STEPS[at + 1]));
  step.addEventListener('toggle', () => {
    if (step.open) for (const each of STEPS) if (each !== name) element(`step-${each}`).open = false;
  });
}

function showDone(name, line) {
  const done = element(`step-${name}`).querySelector('.done');
  done.textContent = line;
  done.hidden = false;
  showChecklist().catch(() => showFault(text('boxLost')));
}

function onSubmit(name, form, submit) {
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    element(`step-${name}`).querySelector('.done').hidden = true;
    const line = await submit();
    if (line !== undefined) showDone(name, line);
  });
}

onSubmit('time', element('time'), async () => {
  const said = await ask('time', { server: element('server').value });
  if (said === undefined) return undefined;
  const { isSynchronised, offsetMs, isTaken } = said;
  const server = element('server').value.trim();
  const lines = [];
  if (offsetMs !== undefined) lines.push(text('serverAnswers', server, offsetMs / 1000));
  if (offsetMs !== undefined) lines.push(isTaken ? text('serverTaken') : text('serverNotTaken', server));
  lines.push(
    text(isSynchronised === undefined ? 'syncUnknown' : isSynchronised ? 'isSynchronised' : 'notSynchronised'),
  );
  return lines.join(' ');
});

onSubmit('user', element('login'), async () => {
  if (element('newPassword').value !== element('again').value) {
    showFault(text('passwordsDiffer'));
    return undefined;
  }
  const said = await ask('user', Object.fromEntries(new FormData(element('login'))));
  if (said === undefined) return undefined;
  for (const id of ['newPassword', 'again', 'current']) element(id).value = '';
  return text('userChanged', said.name);
});

for (const choice of element('certificate').elements.kind) {
  choice.addEventListener('change', () => {
    const isGiven = element('certificate').elements.kind.value === 'given';
    element('given').disabled = !isGiven;
    element('given').hidden = !isGiven;
  });
}

onSubmit('certificate', element('certificate'), async () => {
  const kind = element('certificate').elements.kind.value;
  const [cert, key] = ['cert', 'key'].map((id) => element(id).files[0]);
  const body = kind === 'own' ? { kind } : { kind, cert: await cert.text(), key: await key.text() };
  const said = await ask('certificate', body);
  if (said === undefined) return undefined;
  const { fingerprint, until, names, isServed } = said;
  return `${text(isServed ? 'certificateServed' : 'certificateLater')} ${text('certificateIs', until, names, fingerprint)}`;
});

/** The box's clock is compared with this device's, which has its time from a network. */
const CLOCK_MS_MAX = 5_000;

async function showChecklist() {
  const askedMs = Date.now();
  const answer = await fetch('/api/setup/checklist', { headers: { 'X-Garim-Console': '1' } });
  if (!answer.ok) return;
  const { wallMs, canWrite, items, signs, user } = await answer.json();
  const offMs = Math.abs(wallMs - (askedMs + Date.now()) / 2);
  const seconds = Math.round(offMs / 1000);
  const clock = offMs <= CLOCK_MS_MAX ? text('clockAgrees') : text('clockDiffers', seconds);
  element('byRoot').hidden = canWrite;
  element('clock').textContent = `${text('check-clock')}: ${clock}`;
  if (element('newName').value === '') element('newName').value = user;
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
