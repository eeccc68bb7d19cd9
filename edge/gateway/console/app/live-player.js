/**
 * Plays the fMP4 feed of one camera in a <video> through Media Source Extensions, close to the live edge.
 *
 * `onState` gets 'connecting' | 'playing' | 'lost' | 'unsupported'. The picture is 'playing' only while new data comes in and the
 * video advances; whatever stands still for STALL_MS counts as lost, and the caller covers it.
 */
import { pullAddress } from './purpose.js';
import { keepOpen } from './socket.js';

const STALL_MS = 2000;
const KEEP_BEHIND_S = 8;
/** How far behind the newest picture to play: nearer, and each late packet would stop the video; farther is only delay. */
const TARGET_S = 0.1;
const NEAR_S = 0.05;
const FAR_S = 0.25;
/** Farther behind than this, playing a little faster takes too long: jump. */
const JUMP_S = 1.2;
const QUEUE_BYTES_MAX = 8 * 1024 * 1024;

export const canPlayLive = 'MediaSource' in window;

export function playLive(video, cameraName, onState) {
  let source;
  let buffer;
  let url;
  let queue = [];
  let queuedBytes = 0;
  let lastDataMs = Number.NEGATIVE_INFINITY;
  let lastAdvanceMs = Number.NEGATIVE_INFINITY;
  let lastTime = -1;
  let state = '';

  function setState(next) {
    if (state === next) return;
    state = next;
    onState(next);
  }

  function reset() {
    queue = [];
    queuedBytes = 0;
    buffer = undefined;
    source = undefined;
    if (url !== undefined) URL.revokeObjectURL(url);
    url = undefined;
  }

  function startFormat({ codec, widthPx, heightPx }) {
    const type = `video/mp4; codecs="${codec}"`;
    if (!MediaSource.isTypeSupported(type)) {
      setState('unsupported');
      return;
    }
    video.parentElement.style.aspectRatio = `${widthPx} / ${heightPx}`;
    if (source !== undefined && buffer !== undefined) {
      queue.push({ changeType: type });
      pump();
      return;
    }
    reset();
    const opening = new MediaSource();
    source = opening;
    url = URL.createObjectURL(opening);
    opening.addEventListener('sourceopen', () => {
      if (source !== opening) return;
      buffer = opening.addSourceBuffer(type);
      buffer.addEventListener('updateend', () => {
        followLiveEdge();
        pump();
      });
      pump();
    });
    video.src = url;
  }

  function pump() {
    if (buffer === undefined || buffer.updating || source?.readyState !== 'open') return;
    try {
      if (buffer.buffered.length > 0 && video.currentTime - buffer.buffered.start(0) > 2 * KEEP_BEHIND_S) {
        buffer.remove(0, video.currentTime - KEEP_BEHIND_S);
        return;
      }
      while (queue[0]?.changeType !== undefined) buffer.changeType(queue.shift().changeType);
      if (queue.length === 0) return;
      const bytes = joined(queue.splice(0, untilFormatChange(queue)));
      queuedBytes -= bytes.byteLength;
      buffer.appendBuffer(bytes);
    } catch (error) {
      // A full or broken buffer: start over at the next key frame, which a new connection is sure to get.
      console.warn('the player starts over:', error);
      startOver();
    }
  }

  function followLiveEdge() {
    const ranges = video.buffered;
    if (ranges.length === 0) return;
    const start = ranges.start(ranges.length - 1);
    const end = ranges.end(ranges.length - 1);
    const behind = end - video.currentTime;
    if (video.currentTime < start || behind < 0 || behind > JUMP_S) video.currentTime = Math.max(start, end - TARGET_S);
    else if (behind < NEAR_S) video.playbackRate = 0.9;
    else if (behind > FAR_S) video.playbackRate = 1.1;
    else if (video.playbackRate < 1 ? behind >= TARGET_S : behind <= TARGET_S) video.playbackRate = 1;
    if (video.paused && !document.hidden) video.play().catch(() => {});
  }

  function startOver() {
    reset();
    connection.restart();
  }

  const connection = keepOpen(pullAddress(`/cameras/${cameraName}/live`), {
    onMessage(data) {
      if (typeof data === 'string') {
        startFormat(JSON.parse(data));
        return;
      }
      lastDataMs = performance.now();
      queue.push(data);
      queuedBytes += data.byteLength;
      if (queuedBytes > QUEUE_BYTES_MAX) startOver();
      else pump();
    },
    onClose: reset,
  });

  const watch = setInterval(() => {
    if (state === 'unsupported') return;
    const now = performance.now();
    if (video.currentTime !== lastTime) {
      lastTime = video.currentTime;
      lastAdvanceMs = now;
    }
    const isMoving = now - lastDataMs < STALL_MS && now - lastAdvanceMs < STALL_MS && video.readyState >= 2;
    if (isMoving && !video.paused) setState('playing');
    else if (state === 'playing' || state === 'lost') {
      if (state === 'playing') connection.restart();
      setState('lost');
    }
  }, 250);

  setState('connecting');
  return {
    end() {
      clearInterval(watch);
      connection.end();
      reset();
      video.removeAttribute('src');
      video.load();
    },
  };
}

function untilFormatChange(queue) {
  const at = queue.findIndex((item) => item.changeType !== undefined);
  return at === -1 ? queue.length : at;
}

function joined(parts) {
  if (parts.length === 1) return new Uint8Array(parts[0]);
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(new Uint8Array(part), at);
    at += part.byteLength;
  }
  return bytes;
}
