/** Every bound of the product that is not a setting: name with its unit, and why it is what it is. */

/** Decoded frames held between decoder and delay line: enough to overlap the stages, few enough to bound memory (3 MB each at 1080p). */
export const DECODE_AHEAD_FRAMES_MAX = 4;

/** A source that delivers nothing for this long counts as lost. */
export const SOURCE_STALL_MS = 5_000;

/** Reconnect backoff: first and longest pause; each pause is drawn between half and the whole of its step. */
export const RECONNECT_BACKOFF_MS_MIN = 500;
export const RECONNECT_BACKOFF_MS_MAX = 30_000;

/** A frame larger than this is refused: it bounds memory per frame to about 50 MB. */
export const FRAME_PIXELS_MAX = 8192 * 4320;

/** Bytes that one viewer may lag behind before it is dropped: about two seconds at 8 Mbit/s. */
export const VIEWER_BACKLOG_BYTES_MAX = 2 * 1024 * 1024;

/** Viewers of all kinds together. */
export const VIEWERS_MAX = 64;

/** Access units that may wait in the channel from a camera process to the agent, in bytes; beyond it units are dropped until the next key frame. */
export const CAMERA_CHANNEL_BACKLOG_BYTES_MAX = 8 * 1024 * 1024;

/** A snapshot request that no frame answered within this time fails. */
export const SNAPSHOT_TIMEOUT_MS = 5_000;

/** A camera process that says nothing for this long is killed and restarted: it may be hung in a driver. */
export const CAMERA_SILENCE_MS_MAX = 10_000;

/** A camera process that has not said anything yet is given this long: on a starved box to start and to load a model takes many seconds. */
export const CAMERA_START_MS_MAX = 30_000;

/**
 * What it is given at most after others were killed while they started: each doubles the time. Killed at the same age for ever, many cameras of a
 * box that has just come up would keep one another from ever starting.
 */
export const CAMERA_START_MS_LONGEST = 240_000;

/** Picture rate of a slate: low, since only its clock moves. */
export const SLATE_FRAME_RATE = 5;

/** A coded picture larger than this is refused by the agent: ten times a 1080p key frame at the highest bit rate. */
export const ACCESS_UNIT_BYTES_MAX = 4 * 1024 * 1024;

/** A snapshot larger than this is refused by the agent. */
export const SNAPSHOT_BYTES_MAX = 16 * 1024 * 1024;

/** A message between the agent and a child process: a snapshot and what it is wrapped in. A longer one ends the child. */
export const WIRE_MESSAGE_BYTES_MAX = SNAPSHOT_BYTES_MAX + 64 * 1024;

/** What may wait for a process that takes nothing, before messages to it are refused: it is hung, and its supervisor will find out. */
export const WIRE_BACKLOG_BYTES_MAX = 32 * 1024 * 1024;

/** A camera process that has not delivered a picture this long after its start gets a slate beside it: loading models takes about a second. */
export const FIRST_PICTURE_MS_MAX = 2_000;

/** A camera process that stops delivering pictures for this long gets a slate beside it: a picture must never look alive and be frozen. */
export const PICTURE_GAP_MS_MAX = 3_000;

/** A camera process that sends health but no picture for this long is killed and restarted. */
export const PICTURE_SILENCE_MS_MAX = 30_000;

/** Restart backoff starts anew after this long without a fault. */
export const RESTART_HEALTHY_MS = 60_000;

/** A child process that was asked to stop is killed after this long. */
export const CHILD_STOP_MS_MAX = 3_000;

/** Key frames are asked for at most this often per feed: each costs several times the bits of another picture. */
export const KEY_FRAME_REQUEST_MS_MIN = 1_000;

/** Subscribers of one feed: viewers are counted by the gateway; this bounds what a fault of ours could pile up. */
export const FEED_SUBSCRIBERS_MAX = 256;

/** Bytes that may wait for one push target before units are dropped until the next key frame: about four seconds at 8 Mbit/s. */
export const PUSH_BACKLOG_BYTES_MAX = 4 * 1024 * 1024;

/** A push target that takes nothing for this long counts as lost. */
export const PUSH_STALL_MS = 10_000;

/** Pixels' memory in one delay line: bounds a camera process at 4K; reached only when frames are large and the box is slow. */
export const DELAY_LINE_BYTES_MAX = 160 * 1024 * 1024;

/** Frames in one delay line, whatever their size. */
export const DELAY_LINE_FRAMES_MAX = 96;

/** A frame is released when a verdict at least this much younger than itself is in: what just entered has then been seen twice. */
export const SETTLE_MS = 80;

/** A still larger than this is refused: it takes what the largest phone sensors give, at about 13 bytes of memory a pixel. */
export const STILL_PIXELS_MAX = 110_000_000;

/** A message of a sensor larger than this is refused: forty times a usual LoRaWAN uplink, and ten times a camera's plate event without pictures. */
export const MESSAGE_BYTES_MAX = 64 * 1024;

/** Messages of one sensor per second: what a core strips with room for the others. Sources that can wait are kept waiting, others refused. */
export const SENSOR_MESSAGES_PER_S_MAX = 5_000;
/** Releases that wait for one hub: about a month of one table every five minutes. */
export const OUTBOX_RELEASES_MAX = 10_000;

/** Bytes of them on the box's disk. */
export const OUTBOX_BYTES_MAX = 64 * 1024 * 1024;

/** A hub that has not answered within this time is tried again. */
export const HUB_ANSWER_MS_MAX = 15_000;
