/** Child process of codecs.ts: opens each hardware encoder once and prints what happened as JSON. Exits by itself. */
import {
  AV_HWDEVICE_TYPE_CUDA,
  AV_HWDEVICE_TYPE_VAAPI,
  AV_LOG_QUIET,
  AV_PIX_FMT_NV12,
  AV_PIX_FMT_VAAPI,
  AV_PIX_FMT_YUV420P,
  FF_ENCODER_H264_NVENC,
  FF_ENCODER_H264_V4L2M2M,
  FF_ENCODER_H264_VAAPI,
} from 'node-av/constants';
import {
  Codec,
  CodecContext,
  FFmpegError,
  HardwareDeviceContext,
  HardwareFramesContext,
  Log,
  Rational,
} from 'node-av/lib';
import type { CodecFinding } from './codecs.ts';

const WIDTH_PX = 640;
const HEIGHT_PX = 352;

Log.setLevel(AV_LOG_QUIET);
const findings: CodecFinding[] = [];
for (const encoder of [FF_ENCODER_H264_VAAPI, FF_ENCODER_H264_NVENC, FF_ENCODER_H264_V4L2M2M]) {
  findings.push({ encoder, error: await tryEncoder(encoder) });
}
process.stdout.write(JSON.stringify(findings));

/** Why an encoder does not open; empty when it does. */
async function tryEncoder(name: Parameters<typeof Codec.findEncoderByName>[0]): Promise<string> {
  const codec = Codec.findEncoderByName(name);
  if (codec === null) return 'not in this build';
  using device = new HardwareDeviceContext();
  using frames = new HardwareFramesContext();
  using context = new CodecContext();
  context.allocContext3(codec);
  context.width = WIDTH_PX;
  context.height = HEIGHT_PX;
  context.timeBase = new Rational(1, 25);
  context.pixelFormat = AV_PIX_FMT_YUV420P;
  try {
    if (name === FF_ENCODER_H264_NVENC) FFmpegError.throwIfError(device.create(AV_HWDEVICE_TYPE_CUDA));
    if (name === FF_ENCODER_H264_VAAPI) {
      FFmpegError.throwIfError(device.create(AV_HWDEVICE_TYPE_VAAPI));
      frames.alloc(device);
      frames.format = AV_PIX_FMT_VAAPI;
      frames.swFormat = AV_PIX_FMT_NV12;
      frames.width = WIDTH_PX;
      frames.height = HEIGHT_PX;
      FFmpegError.throwIfError(frames.init());
      context.pixelFormat = AV_PIX_FMT_VAAPI;
      context.hwFramesCtx = frames;
    }
    FFmpegError.throwIfError(await context.open2(codec));
    return '';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
