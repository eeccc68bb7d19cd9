/** The console page: follows the status of all cameras and keeps one card for each. */
import { CameraCard } from './camera-card.js';
import { applyTexts, otherLanguage, setLanguage, text } from './i18n.js';
import { choosePurpose, loadPurposes, renderPurposes } from './purpose.js';
import { keepOpen } from './socket.js';

/** The box speaks every second. */
const STATUS_STALL_MS = 4000;
const LEAVE_MS = 3000;

const element = (id) => document.getElementById(id);
const cards = new Map();
let status;
let lastStatusMs = 0;
let simple = localStorage.getItem('garim-simple-player') === '1';

const inView = new IntersectionObserver((entries) => {
  for (const entry of entries) {
    const card = cards.get(entry.target.dataset.camera);
    if (card === undefined) continue;
    card.inView = entry.isIntersecting;
    // Scrolling past should not break a picture off that is back at once.
    setTimeout(() => showCard(card), card.inView ? 0 : LEAVE_MS);
  }
});

function showCard(card) {
  card.show({ isVisible: card.inView && !document.hidden });
}

function render() {
  const isLost = performance.now() - lastStatusMs > STATUS_STALL_MS;
  const notLive = status.cameras.filter((camera) => camera.health?.state !== 'live').length;
  const summary = element('summary');
  summary.dataset.state = isLost ? 'lost' : notLive > 0 ? 'degraded' : 'ok';
  const line = isLost ? text('boxLost') : notLive > 0 ? text('someNotLive', notLive) : text('allLive');
  if (summary.textContent !== line) summary.textContent = line;

  const notices = [...status.agent.notices, ...(status.preview.available || !simple ? [] : [status.preview.advice])];
  element('notices').hidden = notices.length === 0;
  const shown = notices.join('\n');
  if (element('notices').dataset.shown !== shown) {
    element('notices').dataset.shown = shown;
    element('notices').replaceChildren(
      ...notices.map((notice) => Object.assign(document.createElement('p'), { textContent: notice })),
    );
  }
  element('empty').hidden = status.cameras.length + status.sensors.length > 0;
  renderSensors();
  element('about').textContent = text('about', status.agent.version, upTime(status.agent.startedWallMs));
  element('player-switch').setAttribute('aria-pressed', String(simple));
  element('language').textContent = otherLanguage().name;
}

const SENSOR_STATES = {
  connecting: 'sensorConnecting',
  connected: 'sensorConnected',
  lost: 'sensorLost',
  ended: 'sensorEnded',
};

function renderSensors() {
  const list = element('sensors');
  list.hidden = status.sensors.length === 0;
  const lines = status.sensors.map(({ name, state, releasedMs }) => {
    const time = releasedMs === null ? undefined : new Date(releasedMs).toLocaleTimeString();
    return `${name}: ${text(SENSOR_STATES[state])}, ${time === undefined ? text('nothingReleased') : text('released', time)}`;
  });
  if (list.dataset.shown === lines.join('\n')) return;
  list.dataset.shown = lines.join('\n');
  list.replaceChildren(...lines.map((line) => Object.assign(document.createElement('li'), { textContent: line })));
}

function upTime(startedWallMs) {
  const minutes = Math.max(0, Math.floor((Date.now() - startedWallMs) / 60_000));
  const days = Math.floor(minutes / 1440);
  const clock = `${Math.floor((minutes % 1440) / 60)}:${String(minutes % 60).padStart(2, '0')}`;
  return days > 0 ? `${days} d ${clock} h` : `${clock} h`;
}

function updateCards() {
  const names = new Set(status.cameras.map((camera) => camera.name));
  for (const [name, card] of cards) {
    if (names.has(name)) continue;
    inView.unobserve(card.element);
    card.remove();
    cards.delete(name);
  }
  for (const camera of status.cameras) {
    let card = cards.get(camera.name);
    if (card === undefined) {
      card = new CameraCard(camera.name, element('camera-template'));
      cards.set(camera.name, card);
      element('cameras').append(card.element);
      card.show({ simple });
      inView.observe(card.element);
    }
    card.update(camera, status);
  }
}

keepOpen('/api/events', {
  onMessage(data) {
    status = JSON.parse(data);
    lastStatusMs = performance.now();
    updateCards();
    render();
  },
});

setInterval(() => {
  if (status !== undefined) render();
}, 1000);

document.addEventListener('visibilitychange', () => {
  for (const card of cards.values()) showCard(card);
});

element('player-switch').addEventListener('click', () => {
  simple = !simple;
  localStorage.setItem('garim-simple-player', simple ? '1' : '0');
  for (const card of cards.values()) card.show({ simple });
  if (status !== undefined) render();
});

element('language').addEventListener('click', () => {
  setLanguage(otherLanguage().code);
  renderPurposes(element('purpose'), text('purpose'));
  if (status === undefined) return;
  for (const card of cards.values()) card.render();
  render();
});

element('purpose').addEventListener('change', (event) => {
  choosePurpose(event.target.value);
  for (const card of cards.values()) card.purposeChanged();
});

async function startPurposes() {
  await loadPurposes();
  renderPurposes(element('purpose'), text('purpose'));
  for (const card of cards.values()) card.purposeChanged();
}

applyTexts(document);
void startPurposes();
element('language').textContent = otherLanguage().name;
