/**
 * Plays the MPEG-1 preview of one camera on a <canvas> through JSMpeg, for browsers without MSE or H.264. Same states as the live
 * player.
 */
import { pullAddress } from './purpose.js';
import { keepOpen } from './socket.js';

const STALL_MS = 2000;

export async function playPreview(canvas, cameraName, onState) {
  const { default: JSMpeg } = await import('/jsmpeg-player.js');
  let state = 'connecting';
  let lastPictureMs = Number.NEGATIVE_INFINITY;
  let connection;

  function setState(next) {
    if (state === next) return;
    state = next;
    onState(next);
  }

  /** JSMpeg's source port, filled from our own socket, which knows about sessions and backoff. */
  class SocketSource {
    streaming = true;
    established = false;
    completed = false;
    progress = 0;
    connect(destination) {
      connection = keepOpen(pullAddress(`/cameras/${cameraName}/jsmpeg`), {
        onMessage: (data) => {
          this.established = true;
          this.progress = 1;
          destination.write(data);
        },
      });
    }
    start() {}
    resume() {}
    destroy() {
      connection.end();
    }
  }

  const player = new JSMpeg.Player('', {
    source: SocketSource,
    canvas,
    audio: false,
    // The page's policy allows no compiled code; a preview this small does without.
    disableWebAssembly: true,
    disableGl: true,
    pauseWhenHidden: false,
    onVideoDecode: () => {
      lastPictureMs = performance.now();
    },
  });
  const watch = setInterval(() => {
    if (performance.now() - lastPictureMs < STALL_MS) setState('playing');
    else if (state === 'playing') {
      connection.restart();
      setState('lost');
    }
  }, 250);

  onState('connecting');
  return {
    end() {
      clearInterval(watch);
      player.destroy();
    },
  };
}
