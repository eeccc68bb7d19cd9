/** What the console and the API say about the agent and its cameras. No URL, no credential, no address of a camera. */
import type { Release, SensorReport } from '../../sensor/messages.ts';
import type { CameraCounts, CameraHealth, Feed, FeedDirectory } from '../feed.ts';

/** Sums since the agent started, over all restarts of the camera's process. */
export type CameraTotals = Pick<
  CameraCounts,
  'framesIn' | 'framesOut' | 'framesCoveredWhole' | 'framesSlate' | 'framesDropped'
>;

/** State of the agent itself; told by the agent, which owns what is summed up here. */
export interface AgentHealth {
  state: 'running' | 'stopping';
  version: string;
  startedWallMs: number;
  /** Port of the RTSP server, for the address that a viewer copies. */
  rtspPort: number;
  /** By name of the camera. */
  totals: Readonly<Record<string, CameraTotals>>;
  /** What is wrong beside the cameras and what to do, one line each, e.g. that segments are paused. */
  notices: readonly string[];
  record: RecordHealth;
}

/** The public record, in figures. While its state is not `kept` everything is covered, and a notice says why. */
export interface RecordHealth {
  state: 'kept' | 'starting' | 'held' | 'refused' | 'failed';
  /** Name and key of the log, for whoever verifies or witnesses it. */
  origin: string;
  vkey: string;
  /** Leaves that are durable, and leaves under a signed checkpoint. */
  size: number;
  signed: number;
  witnesses: readonly { name: string; size: number }[];
}

/** The sensors of the box, as the agent knows them. */
export interface SensorDirectory {
  get(name: string): SensorEntry | undefined;
  list(): readonly SensorEntry[];
}

interface SensorEntry {
  readonly name: string;
  /** Undefined until the sensor process spoke of it. */
  readonly report: SensorReport | undefined;
  /** The last ones, oldest first. */
  readonly releases: readonly Release[];
}

/** No count of messages: they may rise by one when somebody passes. What leaves is in the releases. */
interface SensorStatus {
  name: string;
  state: SensorReport['intake']['state'];
  lastError: string;
  /** End of the window that was released last, milliseconds since 1970. */
  releasedMs: number | null;
}

/** Whether the MPEG-1 preview for panels without MSE can be had. */
export type PreviewAvailability = { available: true } | { available: false; advice: string };

interface CameraStatus {
  name: string;
  format: { codec: 'h264'; widthPx: number; heightPx: number; frameRate: number } | null;
  health: CameraHealth | null;
  totals: CameraTotals | null;
}

/** Body of `GET /api/cameras`, and each message of the WebSocket `/api/events`. */
export interface Status {
  agent: Omit<AgentHealth, 'totals'>;
  preview: PreviewAvailability;
  cameras: CameraStatus[];
  sensors: SensorStatus[];
}

export function statusOf(
  feeds: FeedDirectory,
  sensors: SensorDirectory | undefined,
  agent: AgentHealth,
  preview: PreviewAvailability,
): Status {
  const { totals, ...rest } = agent;
  return {
    agent: rest,
    preview,
    cameras: feeds.list().map((feed) => cameraStatus(feed, totals[feed.name])),
    sensors: (sensors?.list() ?? []).map(sensorStatus),
  };
}

function sensorStatus({ name, report, releases }: SensorEntry): SensorStatus {
  return {
    name,
    state: report?.intake.state ?? 'connecting',
    lastError: report?.intake.lastError ?? '',
    releasedMs: releases.at(-1)?.window.endMs ?? null,
  };
}

/** `degraded` when a camera is not live or the agent has something to say. */
export function summaryOf(feeds: FeedDirectory, agent: AgentHealth): 'ok' | 'degraded' | 'stopping' {
  if (agent.state === 'stopping') return 'stopping';
  const allLive = feeds.list().every((feed) => feed.health?.state === 'live');
  return allLive && agent.notices.length === 0 ? 'ok' : 'degraded';
}

function cameraStatus(feed: Feed, totals: CameraTotals | undefined): CameraStatus {
  const { format } = feed;
  return {
    name: feed.name,
    format:
      format === undefined
        ? null
        : {
            codec: format.codec,
            widthPx: format.widthPx,
            heightPx: format.heightPx,
            frameRate: format.frameRate,
          },
    health: feed.health ?? null,
    totals: totals ?? null,
  };
}
