/**
 * A camera for measuring latency, in a process of its own: the simulated street with the monotonic milliseconds of the moment of drawing
 * in each picture, coded by x264 without delay and served over RTSP. Prints its port and goes on until it is killed.
 *
 * `node barcode-camera.js WIDTH HEIGHT FRAMERATE`
 */
import {
  AV_PICTURE_TYPE_I,
  AV_PICTURE_TYPE_NONE,
  AV_PIX_FMT_RGB24,
  AV_PIX_FMT_YUV420P,
  AVERROR_EAGAIN,
  SWS_BILINEAR,
} from 'node-av/constants';
import { Codec, CodecContext, FFmpegError, Frame, Packet, Rational, SoftwareScaleContext } from 'node-av/lib';
import { NAL_PPS, NAL_SPS, nalType, withoutSei } from '../../edge/base/annexb.ts';
import { systemClock } from '../../edge/base/clock.ts';
import { createStreet } from '../../edge/camera/capture/simulated/street.ts';
import { createSurface } from '../../edge/camera/draw/surface.ts';
import '../../edge/camera/capture/libav-log.ts';
import { barcodeHeightPx, drawBarcode } from '../../edge/camera/evaluate/barcode.ts';
import { ManualDirectory, ManualFeed } from '../../test/support/manual-feed.ts';
import { startRtspFixture } from '../../test/support/rtsp-fixture.ts';

/** Pictures of the street, shown forwards and backwards in turn: 3 MB each at 1080p. */
const PICTURES = 40;
/** Value of a drawn time: 24 bits. */
const TIME_WRAP_MS = 2 ** 24;

interface Picture {
  frame: Frame;
  luma: Buffer;
  strideBytes: number;
}

const [widthPx, heightPx, frameRate] = process.argv.slice(2).map(Number) as [number, number, number];
const strip = createSurface(widthPx, barcodeHeightPx(widthPx));
const pictures = await drawPictures();
const encoder = openEncoder();
const packet = new Packet();
packet.alloc();
let wantsKey = true;
const feed = new ManualFeed('cam');
feed.onKeyFrameWanted = () => {
  wantsKey = true;
};
step(0);
const { base } = await startRtspFixture(new ManualDirectory(feed));
const startedMs = systemClock.monotonicMs();
schedule(1);
process.stdout.write(`${base}/cam\n`);

function schedule(index: number): void {
  const dueMs = startedMs + (index * 1000) / frameRate;
  setTimeout(
    () => {
      step(index);
      schedule(index + 1);
    },
    Math.max(0, dueMs - systemClock.monotonicMs()),
  );
}

function step(index: number): void {
  const turn = index % (2 * PICTURES - 2);
  const { frame, luma, strideBytes } = pictures[turn < PICTURES ? turn : 2 * PICTURES - 2 - turn]!;
  const capturedMs = systemClock.monotonicMs();
  drawBarcode(strip, Math.floor(capturedMs) % TIME_WRAP_MS);
  for (let y = 0; y < strip.heightPx; y++) {
    for (let x = 0; x < widthPx / 2; x++) luma[y * strideBytes + x] = strip.rgb[(y * widthPx + x) * 3]!;
  }
  frame.pts = BigInt(index);
  frame.pictType = wantsKey ? AV_PICTURE_TYPE_I : AV_PICTURE_TYPE_NONE;
  check(encoder.sendFrameSync(frame));
  const code = encoder.receivePacketSync(packet);
  if (code === AVERROR_EAGAIN) throw new Error('x264 holds frames back in spite of zerolatency');
  check(code);
  const isKey = packet.isKeyframe;
  if (isKey) wantsKey = false;
  const { data, nals } = withoutSei(new Uint8Array(packet.data!));
  packet.unref();
  const sps = nals.find((nal) => nalType(nal) === NAL_SPS);
  const pps = nals.find((nal) => nalType(nal) === NAL_PPS);
  if (feed.format === undefined && sps && pps)
    feed.pushFormat({ codec: 'h264', widthPx, heightPx, frameRate, sps, pps });
  feed.pushUnit({ ptsUs: Math.round((index * 1e6) / frameRate), capturedMs, isKey, cover: 'regions', data });
}

async function drawPictures(): Promise<Picture[]> {
  const street = await createStreet({ widthPx, heightPx, frameRate });
  const surface = createSurface(widthPx, heightPx);
  const rgb = Buffer.from(surface.rgb.buffer);
  using scaler = new SoftwareScaleContext();
  scaler.getContext(widthPx, heightPx, AV_PIX_FMT_RGB24, widthPx, heightPx, AV_PIX_FMT_YUV420P, SWS_BILINEAR);
  return Array.from({ length: PICTURES }, (_, index) => {
    street.renderInto(index, surface);
    const frame = new Frame();
    frame.alloc();
    frame.format = AV_PIX_FMT_YUV420P;
    frame.width = widthPx;
    frame.height = heightPx;
    check(frame.getBuffer());
    const planes = frame.data!;
    scaler.scaleSync([rgb], [widthPx * 3], 0, heightPx, planes, frame.linesize);
    return { frame, luma: planes[0]!, strideBytes: frame.linesize[0]! };
  });
}

function openEncoder(): CodecContext {
  const codec = Codec.findEncoderByName('libx264' as never);
  if (codec === null) throw new Error('node-av was built without libx264');
  const context = new CodecContext();
  context.allocContext3(codec);
  context.width = widthPx;
  context.height = heightPx;
  context.pixelFormat = AV_PIX_FMT_YUV420P;
  context.timeBase = new Rational(1, frameRate);
  context.framerate = new Rational(frameRate, 1);
  context.gopSize = frameRate * 2;
  context.maxBFrames = 0;
  context.threadCount = 1;
  context.bitRate = 6_000_000n;
  for (const [name, value] of Object.entries({ preset: 'ultrafast', tune: 'zerolatency', 'forced-idr': '1' })) {
    check(context.setOption(name, value));
  }
  check(context.open2Sync(codec));
  return context;
}

function check(code: number): void {
  FFmpegError.throwIfError(code);
}
