/**
 * A WebSocket that comes back: with a growing pause after failures, and at once when the page becomes visible again. When the box
 * answers but knows the session no longer, it leads to the login form.
 */
const PAUSE_MS_MIN = 500;
const PAUSE_MS_MAX = 10_000;

export function keepOpen(path, { onMessage, onClose = () => {} }) {
  let socket;
  let timer;
  let pauseMs = PAUSE_MS_MIN;
  let ended = false;

  function connect() {
    clearTimeout(timer);
    const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
    socket = new WebSocket(`${scheme}://${location.host}${path}`);
    socket.binaryType = 'arraybuffer';
    socket.addEventListener('message', (event) => {
      if (event.target !== socket) return; // of a connection that was given up
      pauseMs = PAUSE_MS_MIN;
      onMessage(event.data);
    });
    socket.addEventListener('close', (event) => {
      if (ended || event.target !== socket) return;
      onClose();
      if (event.code === 4401) location.assign('/login');
      else void checkSession();
      timer = setTimeout(connect, pauseMs * (0.5 + Math.random() / 2));
      pauseMs = Math.min(PAUSE_MS_MAX, pauseMs * 2);
    });
  }

  connect();
  return {
    /** Drops the connection and makes a new one, e.g. when it is open but silent. */
    restart() {
      const old = socket;
      clearTimeout(timer);
      timer = setTimeout(connect, pauseMs);
      pauseMs = Math.min(PAUSE_MS_MAX, pauseMs * 2);
      socket = undefined;
      old?.close();
    },
    end() {
      ended = true;
      clearTimeout(timer);
      socket?.close();
    },
  };
}

let checking = false;

async function checkSession() {
  if (checking) return;
  checking = true;
  try {
    const response = await fetch('/api/cameras', { headers: { 'X-Garim-Console': '1' } });
    if (response.status === 401) location.assign('/login');
  } catch {
    // the box is away: the socket tries on
  } finally {
    checking = false;
  }
}
