/** Every bound of the RTSP server that is not a setting: name with its unit, and why it is what it is. */

/** Request line and headers together: an order of magnitude above what players send. */
export const REQUEST_HEAD_BYTES_MAX = 8 * 1024;

/** Headers in one request; players send fewer than ten. */
export const REQUEST_HEADERS_MAX = 64;

/** Only GET_PARAMETER and SET_PARAMETER may carry a body, and a keep-alive has none. */
export const REQUEST_BODY_BYTES_MAX = 4 * 1024;

/** A `$` frame from a viewer holds an RTCP report of some hundred bytes at most. */
export const VIEWER_FRAME_BYTES_MAX = 4 * 1024;

/** Connections of all kinds: one for each viewer, and as many that have not set up anything yet. */
export const CONNECTIONS_MAX = 128;

/** A connection without a session is closed this long after it was opened or last sent something with the right password. */
export const CONNECTION_IDLE_MS = 30_000;

/** Announced in the `Session` header. */
export const SESSION_TIMEOUT_S = 60;

/** A session is ended this long after its last sign of life: the announced time and a margin for a late keep-alive. */
export const SESSION_EXPIRY_MS = SESSION_TIMEOUT_S * 1000 + 10_000;

/** How often sessions and connections are looked at for expiry, and feeds for having come back. */
export const SWEEP_INTERVAL_MS = 1_000;

/** DESCRIBE waits this long for a feed that has no format yet, since a camera process needs a moment to start. */
export const FORMAT_WAIT_MS = 5_000;

/** RTCP sender reports; RFC 3550 asks for 5 s or more on average. */
export const SENDER_REPORT_INTERVAL_MS = 5_000;

/** RTP packet over UDP with its header: fits an Ethernet frame with IPv6, UDP and a tunnel's header around it. */
export const RTP_PACKET_BYTES_MAX_UDP = 1_400;

/** RTP packet over TCP: fewer, larger packets cost less, and older players hold a packet in 10,000 bytes. */
export const RTP_PACKET_BYTES_MAX_TCP = 8 * 1024;

/** UDP packets sent at a time, and the pause between: a key frame sent at once would overflow a viewer's receive buffer. */
export const UDP_BURST_PACKETS = 16;
export const UDP_BURST_PAUSE_MS = 1;

/** Range of the server's RTP/RTCP port pairs, so that a firewall can name it; below the ports that Linux hands out. */
export const UDP_PORT_FIRST = 18_000;
export const UDP_PORT_PAIRS = 1_000;

/** Pairs tried before a SETUP is refused. */
export const UDP_BIND_TRIES_MAX = 32;

/** A digest nonce older than this is answered with `stale=true`. */
export const NONCE_LIFETIME_MS = 5 * 60_000;

/** Nonces remembered for each connection. */
export const NONCES_MAX = 4;

/** A connection is closed after so many wrong passwords. */
export const AUTH_FAILURES_PER_CONNECTION_MAX = 5;

/** A TLS handshake that takes longer is ended: it needs two round trips. */
export const HANDSHAKE_MS_MAX = 10_000;
