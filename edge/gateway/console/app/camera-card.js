/** One camera: its picture, what is covered in it, its health, and the ways to pull it. */
import { applyTexts, text, word } from './i18n.js';
import { canPlayLive, playLive } from './live-player.js';
import { playPreview } from './preview-player.js';
import { pullAddress, purposeState } from './purpose.js';

const LABELS = ['face', 'plate', 'person', 'vehicle', 'mask'];
const COPIED_MS = 1500;

export class CameraCard {
  inView = false;
  #player;
  #playerRun = 0;
  #playerState = 'connecting';
  #wanted = 'none';
  #isVisible = false;
  #simple = false;
  #h264Failed = false;
  #camera;
  #status;

  constructor(name, template) {
    this.name = name;
    this.element = template.content.firstElementChild.cloneNode(true);
    this.video = this.#find('video');
    this.canvas = this.#find('canvas');
    this.element.dataset.camera = name;
    const title = this.#find('h2');
    title.textContent = name;
    title.id = `camera-${name}`;
    this.element.setAttribute('aria-labelledby', title.id);
    this.video.setAttribute('aria-label', name);
    this.#find('.copy').addEventListener('click', () => this.#copy());
    applyTexts(this.element);
  }

  /** Only pictures that somebody can see are pulled: a phone's data and the box's uplink are dear. */
  show({ isVisible = this.#isVisible, simple = this.#simple }) {
    if (simple !== this.#simple) this.#h264Failed = false;
    this.#isVisible = isVisible;
    this.#simple = simple;
    this.#choosePlayer();
  }

  update(camera, status) {
    this.#camera = camera;
    this.#status = status;
    this.#choosePlayer();
    this.render();
  }

  /** Another purpose was chosen: what is pulled from here on is on record with it. */
  purposeChanged() {
    this.#endPlayer();
    this.#choosePlayer();
    if (this.#camera !== undefined) this.render();
  }

  remove() {
    this.inView = false;
    this.show({ isVisible: false });
    this.element.remove();
  }

  #find(selector) {
    return this.element.querySelector(selector);
  }

  #choosePlayer() {
    let wanted = 'none';
    const purpose = purposeState();
    if (purpose === 'choose') wanted = 'choose';
    else if (purpose === 'none') wanted = 'none-agreed';
    else if (this.#isVisible && this.#status !== undefined && purpose === 'ready') {
      const needsPreview = this.#simple || this.#h264Failed || !canPlayLive;
      if (!needsPreview) wanted = 'live';
      else wanted = this.#status.preview.available ? 'preview' : 'impossible';
    }
    if (wanted === this.#wanted) return;
    this.#endPlayer();
    this.#wanted = wanted;
    this.video.hidden = wanted === 'preview';
    this.canvas.hidden = wanted !== 'preview';
    const run = this.#playerRun;
    const onState = (state) => {
      if (run === this.#playerRun) this.#onPlayerState(state);
    };
    if (wanted === 'live') this.#player = playLive(this.video, this.name, onState);
    if (wanted === 'impossible' || wanted === 'choose' || wanted === 'none-agreed') this.#onPlayerState(wanted);
    if (wanted === 'preview') {
      playPreview(this.canvas, this.name, onState).then(
        (player) => {
          if (run === this.#playerRun) this.#player = player;
          else player.end();
        },
        (error) => {
          console.warn('the preview can’t start:', error);
          onState('lost');
        },
      );
    }
  }

  #endPlayer() {
    this.#playerRun++;
    this.#player?.end();
    this.#player = undefined;
    this.#wanted = 'none';
    this.#onPlayerState('connecting');
  }

  #onPlayerState(state) {
    this.#playerState = state;
    if (state === 'unsupported') {
      this.#h264Failed = true;
      queueMicrotask(() => this.#choosePlayer());
    }
    this.#renderVeil();
  }

  /** Whatever is not surely a live picture is veiled. */
  #renderVeil() {
    this.element.dataset.player = this.#playerState;
    this.#find('.veil').hidden = this.#playerState === 'playing';
    const [title, line] = {
      lost: [text('lost'), text('lostText')],
      impossible: [text('notPlayable'), text('previewMissing')],
      choose: [text('choosePurpose'), text('choosePurposeText')],
      'none-agreed': [text('nothingAgreed'), text('nothingAgreedText')],
    }[this.#playerState] ?? [text('connecting'), ''];
    setText(this.#find('.veil-title'), title);
    setText(this.#find('.veil-text'), line);
  }

  render() {
    this.#renderVeil();
    const { health, totals, format } = this.#camera;
    const state = health?.state ?? 'starting';
    const badge = this.#find('.badge');
    badge.dataset.state = state;
    setText(badge, text(state));
    // The picture itself stays plain: why it is covered is said here.
    this.#find('.why').hidden = state !== 'covered';
    setText(this.#find('.why strong'), text('wholePicture'));
    setText(this.#find('.why span'), health?.reason === undefined ? '' : word(health.reason));
    const advice = this.#find('.advice');
    advice.hidden = !health?.advice;
    setText(advice, health?.advice ?? '');
    this.#renderCovered(health);
    setText(this.#find('.rtsp code'), this.#rtspUrl());
    this.#find('.snapshot').href = pullAddress(`/cameras/${this.name}/snapshot.jpg`);
    this.#renderDetails(health, totals, format);
  }

  #renderCovered(health) {
    const counts = LABELS.filter((label) => health?.coveredNow[label] > 0).map(
      (label) => `${text(label)} ${health.coveredNow[label]}`,
    );
    const list = this.#find('.covered');
    list.setAttribute('aria-label', text('coveredNow'));
    const why = health?.reason === undefined ? '' : `: ${word(health.reason)}`;
    const whole = { covered: text('wholePicture') + why, slate: text('noPicture') + why }[health?.state];
    const shown = whole !== undefined ? [whole] : counts.length > 0 ? counts : [text('nothingCovered')];
    fill(
      list,
      shown.map((line) => ['li', line]),
    );
    list.firstElementChild.classList.toggle('none', whole === undefined && counts.length === 0);
  }

  #renderDetails(health, totals, format) {
    const rows = [];
    if (health) {
      const { source, detector } = health;
      rows.push(['source', [source.description, source.lastError, text('reconnects', source.reconnects)]]);
      const cadence = text('cadence', Math.round(detector.inferenceMsP50), detector.cadenceFrames);
      rows.push(['detector', [word(detector.state), detector.models.join(', '), cadence]]);
      rows.push(['encoder', [health.encoder]]);
      rows.push(['delayLine', [text('framesCount', health.delayLineFrames)]]);
    }
    if (format) rows.push(['picture', [`${format.widthPx} × ${format.heightPx}, ${format.frameRate} fps`]]);
    if (totals) {
      rows.push(['frames', [text('inOut', totals.framesIn, totals.framesOut)]]);
      rows.push(['coveredWhole', reasons(totals.framesCoveredWhole)]);
      rows.push(['dropped', reasons(totals.framesDropped)]);
    }
    fill(
      this.#find('dl'),
      rows.flatMap(([label, parts]) => [
        ['dt', text(label)],
        ['dd', parts.filter(Boolean).join('; ') || text('none')],
      ]),
    );
  }

  /** Without user and password: those belong to whoever plays it. */
  #rtspUrl() {
    return pullAddress(`rtsp://${location.hostname}:${this.#status.agent.rtspPort}/${this.name}`);
  }

  async #copy() {
    const code = this.#find('.rtsp code');
    try {
      await navigator.clipboard.writeText(this.#rtspUrl());
      const button = this.#find('.copy');
      button.textContent = text('copied');
      setTimeout(() => {
        button.textContent = text('copyRtsp');
      }, COPIED_MS);
    } catch {
      // Plain HTTP has no clipboard: mark the address, so that one touch copies it.
      getSelection().selectAllChildren(code);
    }
  }
}

function reasons(counts) {
  return Object.entries(counts)
    .filter(([, count]) => count > 0)
    .map(([reason, count]) => `${word(reason)} ${count}`);
}

/** Writes only what changed, so that screen readers and selections are left alone. */
function setText(element, value) {
  if (element.textContent !== value) element.textContent = value;
}

function fill(parent, items) {
  items.forEach(([tag, line], i) => {
    let child = parent.children[i];
    if (child?.localName !== tag) {
      const fresh = document.createElement(tag);
      if (child === undefined) parent.append(fresh);
      else child.replaceWith(fresh);
      child = fresh;
    }
    setText(child, line);
  });
  while (parent.children.length > items.length) parent.lastElementChild.remove();
}
