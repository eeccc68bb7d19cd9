/** Child process of codecs.ts: opens each hardware encoder once and prints what happened as JSON. Exits by itself. */
import { AV_LOG_QUIET, AV_PIX_FMT_YUV420P } from 'node-av/constants';
import { Codec, CodecContext, FFmpegError, Log, Rational } from 'node-av/lib';
import { messageOf } from '../../base/errors.ts';
import { HARDWARE_ENCODERS } from '../../config/schema.ts';
import type { CodecFinding } from './codecs.ts';

const WIDTH_PX = 640;
const HEIGHT_PX = 352;

Log.setLevel(AV_LOG_QUIET);
const findings: CodecFinding[] = [];
for (const encoder of HARDWARE_ENCODERS) findings.push({ encoder, error: await tryEncoder(encoder) });
process.stdout.write(JSON.stringify(findings));

/** Why an encoder does not open as `camera/encode` opens it, with frames in main memory; empty when it does. */
async function tryEncoder(name: string): Promise<string> {
  const codec = Codec.findEncoderByName(name as never);
  if (codec === null) return 'not in this build';
  using context = new CodecContext();
  context.allocContext3(codec);
  context.width = WIDTH_PX;
  context.height = HEIGHT_PX;
  context.timeBase = new Rational(1, 25);
  context.pixelFormat = AV_PIX_FMT_YUV420P;
  try {
    FFmpegError.throwIfError(await context.open2(codec));
    return '';
  } catch (error) {
    return messageOf(error);
  }
}
