/**
 * The product's metrics, in one registry: names, help texts and labels stand here and nowhere else.
 *
 * Counts come from camera processes, which are not trusted: a number that is none is ignored, and a label that does not look like
 * one of our names becomes `other`, so that no URL, no credential and no unbounded set of series can come in.
 */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { CameraCounts, CameraHealth, GatewayMetrics } from '../gateway/feed.ts';
import type { Segments } from '../gateway/segments/recorder.ts';
import type { UseMetrics } from '../gateway/use/port.ts';
import type { Uplink, UplinkMetrics } from '../uplink/uplink.ts';
import type { CertificateKeeper } from './certificate/keeper.ts';
import type { HeatWatch } from './heat.ts';
import type { Recorder } from './record/recorder.ts';
import type { SensorMetrics } from './sensor-supervisor.ts';

const LATENCY_BUCKETS_S = [0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.5, 0.75, 1, 2, 5];
/** A request is in force in milliseconds, a list when it was brought. */
const EFFECT_BUCKETS_S = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 60, 3_600, 21_600, 86_400];
const INFERENCE_BUCKETS_S = [0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.25, 0.5, 1];

export interface Metrics extends GatewayMetrics, SensorMetrics, UplinkMetrics, UseMetrics {
  readonly contentType: string;
  /** Text of `/metrics`. */
  render(): Promise<string>;
  /** Counts since a camera process's last message. */
  counted(camera: string, counts: CameraCounts): void;
  health(camera: string, health: CameraHealth): void;
  cameraProcessRestarted(camera: string): void;
  /** A message of a camera process that did not fit the protocol was dropped. */
  messageRefused(camera: string): void;
  /** Somebody crossed a counting line and is counted nowhere. */
  crossingsDropped(camera: string, reason: string, count: number): void;
  /** A coded picture did not reach the feed. */
  unitDropped(camera: string, reason: string): void;
  /** Reads the state of a camera's segments whenever metrics are rendered. */
  watchSegments(camera: string, segments: Pick<Segments, 'state'>): void;
  /** Reads how much waits for each hub whenever metrics are rendered. */
  watchUplink(uplink: Pick<Uplink, 'state'>): void;
  /** Reads what is on record whenever metrics are rendered. */
  watchRecord(record: Pick<Recorder, 'status' | 'failures' | 'windowsLost'>): void;
  /** Reads how the box itself does whenever metrics are rendered. */
  watchBox(box: { heat: Pick<HeatWatch, 'now'>; certificates: Pick<CertificateKeeper, 'ends'> }): void;
}

export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const counter = (name: string, help: string, ...labels: string[]): Add => {
    const metric = new Counter({ name: `garim_${name}`, help, labelNames: labels, registers });
    return (values, count = 1) => {
      if (Number.isFinite(count) && count >= 0) metric.inc(labelled(labels, values), count);
    };
  };
  const gauge = (name: string, help: string, ...labels: string[]): Add => {
    const metric = new Gauge({ name: `garim_${name}`, help, labelNames: labels, registers });
    return (values, value = 0) => {
      if (Number.isFinite(value)) metric.set(labelled(labels, values), value);
    };
  };
  const histogram = (name: string, help: string, buckets: number[], ...labels: string[]): Add => {
    const metric = new Histogram({ name: `garim_${name}`, help, buckets, labelNames: labels, registers });
    return (values, value = 0) => {
      if (Number.isFinite(value) && value >= 0) metric.observe(labelled(labels, values), value);
    };
  };

  const framesIn = counter('frames_in_total', 'Frames decoded.', 'camera');
  const framesOut = counter('frames_out_total', 'Filtered frames coded, slates not counted.', 'camera');
  const coveredWhole = counter('frames_covered_whole_total', 'Frames covered whole, by reason.', 'camera', 'reason');
  const slates = counter('frames_slate_total', 'Slates shown instead of a picture.', 'camera');
  const dropped = counter('frames_dropped_total', 'Frames that never came out, by reason.', 'camera', 'reason');
  const verdicts = counter('verdicts_total', 'Answers of the detector.', 'camera');
  const unavailable = counter('verdicts_unavailable_total', 'Times the detector had no answer.', 'camera');
  const regions = counter('regions_covered_total', 'Regions covered, summed over frames.', 'camera', 'label');
  const reconnects = counter('source_reconnects_total', 'Reconnections to the camera.', 'camera');
  const restarts = counter('camera_process_restarts_total', 'Restarts of the camera process.', 'camera');
  const refused = counter('camera_messages_refused_total', 'Malformed messages of the camera process.', 'camera');
  const crossings = counter('crossings_dropped_total', 'Line crossings given up, by reason.', 'camera', 'reason');
  const inference = histogram('inference_seconds', 'Time of one inference.', INFERENCE_BUCKETS_S, 'camera');
  const cadence = gauge('detector_cadence_frames', 'Frames per verdict; 1 is each frame.', 'camera');
  const delayLine = gauge('delay_line_frames', 'Frames waiting for their second verdict.', 'camera');
  const up = gauge('camera_up', '1 while the camera gives pictures, 0 while a slate is shown.', 'camera');
  const latency = histogram(
    'capture_to_egress_seconds',
    'From capture of a frame to handing it to the network.',
    LATENCY_BUCKETS_S,
    'camera',
    'via',
  );
  const sentBytes = counter('egress_bytes_total', 'Bytes of filtered video handed to the network.', 'camera', 'via');
  const viewers = gauge('viewers', 'Viewers connected now.', 'via', 'camera');
  const viewersDropped = counter('viewers_dropped_total', 'Viewers dropped, by reason.', 'via', 'camera', 'reason');
  const sensorMessages = counter('sensor_messages_total', 'Messages of a sensor.', 'sensor');
  const sensorReadings = counter('sensor_readings_total', 'Readings in them.', 'sensor');
  const sensorDropped = counter(
    'sensor_dropped_total',
    'Messages, readings or fields that are in no release, by reason.',
    'sensor',
    'reason',
  );
  const sensorReleases = counter('sensor_releases_total', 'Windows released.', 'sensor');
  const sensorWithheld = counter(
    'sensor_windows_withheld_total',
    'Closed windows without a release, by reason.',
    'sensor',
    'reason',
  );
  const sensorSuppressed = counter('sensor_suppressed_cells_total', 'Cells left out for being too small.', 'sensor');
  const sensorLost = counter('sensor_windows_lost_total', 'Windows that died with the sensor process.', 'sensor');
  const sensorUp = gauge('sensor_up', '1 while the source of a sensor is connected.', 'sensor');
  const sensorReleaseRefused = counter(
    'sensor_releases_refused_total',
    'Releases of the sensor process that their policy does not allow.',
    'sensor',
  );
  const choiceEffect = histogram(
    'choice_effect_seconds',
    'From a choice of somebody (a request, or the making of a batch of the opt-out list) until it is in force.',
    EFFECT_BUCKETS_S,
    'choice',
  );
  const delivered = counter('uplink_releases_total', 'Releases that a hub has taken.', 'hub');
  const undelivered = counter('uplink_dropped_total', 'Releases that no hub will get, by reason.', 'hub', 'reason');
  let uplink: Pick<Uplink, 'state'> | undefined;
  new Gauge({
    name: 'garim_uplink_waiting',
    help: 'Releases that wait on the disk for a hub.',
    labelNames: ['hub'],
    registers,
    collect() {
      for (const { hub, waiting } of uplink?.state() ?? []) this.set({ hub: safeLabel(hub) }, waiting);
    },
  });
  const sensorRestarts = counter('sensor_process_restarts_total', 'Restarts of the sensor process.');
  const sensorMessagesRefused = counter('sensor_process_messages_refused_total', 'Malformed messages of it.');
  const usesPermitted = counter('use_permitted_total', 'Pulls that were admitted and put on record.', 'feed');
  const usesRefused = counter('use_refused_total', 'Pulls that got nothing, by reason.', 'feed', 'reason');
  const recorders = new Map<string, Pick<Segments, 'state'>>();
  const recording = gauge(
    'segments_recording',
    '1 while segments are written, 0 while the disk is full or broken.',
    'camera',
  );
  new Counter({
    name: 'garim_segments_units_skipped_total',
    help: 'Pictures left out of segments, the disk being slow, full or broken.',
    labelNames: ['camera'],
    registers,
    collect() {
      this.reset();
      for (const [camera, { state }] of recorders) this.inc({ camera }, state.unitsSkipped);
    },
  });

  return {
    contentType: registry.contentType,
    render: () => {
      for (const [camera, { state }] of recorders) recording([camera], state.state === 'recording' ? 1 : 0);
      return registry.metrics();
    },
    counted: (camera, counts) => {
      framesIn([camera], counts.framesIn);
      framesOut([camera], counts.framesOut);
      slates([camera], counts.framesSlate);
      verdicts([camera], counts.verdicts);
      unavailable([camera], counts.verdictsUnavailable);
      reconnects([camera], counts.reconnects);
      for (const [reason, count] of Object.entries(counts.framesCoveredWhole)) coveredWhole([camera, reason], count);
      for (const [reason, count] of Object.entries(counts.framesDropped)) dropped([camera, reason], count);
      for (const [label, count] of Object.entries(counts.regionsCovered)) regions([camera, label], count);
      for (const ms of counts.inferenceMs) inference([camera], ms / 1000);
    },
    health: (camera, { state, detector, delayLineFrames }) => {
      up([camera], state === 'slate' ? 0 : 1);
      cadence([camera], detector.cadenceFrames);
      delayLine([camera], delayLineFrames);
    },
    cameraProcessRestarted: (camera) => restarts([camera]),
    messageRefused: (camera) => refused([camera]),
    crossingsDropped: (camera, reason, count) => crossings([camera, reason], count),
    unitDropped: (camera, reason) => dropped([camera, reason]),
    unitSent: (via, camera, latencyMs, bytes) => {
      latency([camera, via], latencyMs / 1000);
      sentBytes([camera, via], bytes);
    },
    viewers: (via, camera, count) => viewers([via, camera], count),
    viewerDropped: (via, camera, reason) => viewersDropped([via, camera, reason]),
    sensorReport: (sensor, { intake, counts }) => {
      sensorUp([sensor], intake.state === 'connected' ? 1 : 0);
      sensorMessages([sensor], counts.messages);
      sensorReadings([sensor], counts.readings);
      sensorReleases([sensor], counts.releases);
      sensorSuppressed([sensor], counts.suppressedCells);
      for (const [reason, times] of Object.entries(counts.dropped)) sensorDropped([sensor, reason], times);
      for (const [reason, times] of Object.entries(counts.withheld)) sensorWithheld([sensor, reason], times);
    },
    sensorWindowsLost: (sensor, windows) => sensorLost([sensor], windows),
    sensorReleaseWithheld: (sensor, reason) => sensorWithheld([sensor, reason]),
    sensorReleaseRefused: (sensor) => sensorReleaseRefused([sensor]),
    sensorProcessRestarted: () => sensorRestarts([]),
    sensorMessageRefused: () => sensorMessagesRefused([]),
    usePermitted: (feed) => usesPermitted([feed]),
    useRefused: (feed, reason) => usesRefused([feed, reason]),
    choiceEffect: ({ choice, tookMs }) => choiceEffect([choice], tookMs / 1000),
    releaseDelivered: (hub) => delivered([hub]),
    releaseDropped: (hub, reason) => undelivered([hub, reason]),
    watchUplink: (watched) => {
      uplink = watched;
    },
    watchRecord: (record) => addRecordMetrics(registry, record),
    watchBox: (box) => addBoxMetrics(registry, box),
    watchSegments: (camera, segments) => {
      recorders.set(safeLabel(camera), segments);
    },
  };
}

function addRecordMetrics(registry: Registry, record: Parameters<Metrics['watchRecord']>[0]): void {
  const registers = [registry];
  const gauge = (name: string, help: string, value: () => number): void => {
    new Gauge({
      name: `garim_${name}`,
      help,
      registers,
      collect() {
        this.set(value());
      },
    });
  };
  gauge('evidence', '1 while what leaves can be put on record, 0 while everything is covered.', () =>
    record.status().state === 'kept' ? 1 : 0,
  );
  gauge('ledger_size', 'Leaves of the ledger that are durable.', () => record.status().size);
  gauge('ledger_signed_size', 'Leaves under the published checkpoint.', () => record.status().signed);
  new Gauge({
    name: 'garim_ledger_cosigned_size',
    help: 'Leaves up to which a witness has cosigned since the start.',
    labelNames: ['witness'],
    registers,
    collect() {
      // Names of witnesses come from the configuration, and are four at most.
      for (const { name, size } of record.status().witnesses) this.set({ witness: name }, size);
    },
  });
  new Counter({
    name: 'garim_ledger_failures_total',
    help: 'Times that something could not be put on record, by code.',
    labelNames: ['code'],
    registers,
    collect() {
      this.reset();
      for (const [code, times] of record.failures) this.inc({ code: safeLabel(code) }, times);
    },
  });
  new Counter({
    name: 'garim_ledger_windows_lost_total',
    help: 'Windows that will never be on record.',
    registers,
    collect() {
      this.reset();
      this.inc(record.windowsLost);
    },
  });
}

function addBoxMetrics(registry: Registry, { heat, certificates }: Parameters<Metrics['watchBox']>[0]): void {
  const registers = [registry];
  new Gauge({
    name: 'garim_box_celsius',
    help: 'Warmest zone of the box; not there without a sensor.',
    registers,
    collect() {
      const { celsius } = heat.now;
      if (celsius === undefined) this.remove();
      else this.set(celsius);
    },
  });
  new Gauge({
    name: 'garim_box_held_back',
    help: '1 while heat holds the processor back.',
    registers,
    collect() {
      this.set(heat.now.isHeldBack ? 1 : 0);
    },
  });
  new Gauge({
    name: 'garim_certificate_end_seconds',
    help: 'When the certificate that a server shows runs out, in seconds since 1970.',
    labelNames: ['server'],
    registers,
    collect() {
      for (const { server, endMs } of certificates.ends) this.set({ server }, endMs / 1000);
    },
  });
}

/** Adds to a counter, sets a gauge or observes a value, for label values in the order of the metric's labels. */
type Add = (values: readonly string[], amount?: number) => void;

function labelled(names: readonly string[], values: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map((name, index) => [name, safeLabel(values[index] ?? '')]));
}

function safeLabel(value: string): string {
  return /^[a-z0-9][a-z0-9-]{0,62}$/.test(value) ? value : 'other';
}
