/** `garim redact`: pictures, videos and folders of them through the filter. */
import { SingleBar } from 'cli-progress';
import { Command, Option } from 'commander';
import { rootLog } from '../base/log.ts';
import { scrub } from '../base/secrets.ts';
import { openModelStore } from '../camera/detect/store.ts';
import { type BatchOptions, type BatchSummary, redactFiles } from '../camera/files/batch.ts';
import { type JobList, listJobs } from '../camera/files/jobs.ts';
import { ReportWriter } from '../camera/files/report.ts';
import { cameraSchema, type Look } from '../config/schema.ts';

interface RedactOptions {
  out: string;
  look: Look;
  report?: string;
  state: string;
}

type Feedback = Pick<BatchOptions, 'onStart' | 'onFrame' | 'onFault'> & { end(): void };

/** Exit codes of a process that a signal ended. */
const EXIT_CODES = { SIGINT: 130, SIGTERM: 143 } as const;

export function redactCommand(): Command {
  return new Command('redact')
    .description('hide faces and licence plates in pictures, videos and folders of them')
    .argument('<input...>', 'pictures, videos and folders')
    .requiredOption('--out <path>', 'folder to write to; for one input also a file')
    .addOption(
      new Option('--look <look>', 'how covers look').choices(cameraSchema.shape.look.unwrap().options).default('blur'),
    )
    .option('--report <file>', 'one JSON line per picture or frame: what is covered')
    .option('--state <dir>', 'folder for users, keys and models of this box', 'state')
    .addHelpText(
      'after',
      `
Pictures (JPEG, PNG, WebP, TIFF, AVIF) keep their format and lose all metadata and transparency. Videos become MP4 (H.264)
without sound, subtitles and metadata. Folders are searched through, links in them are not followed. Files that are there
already are replaced, inputs never.

Exit code: 0 all is done; 1 an input could not be read or was damaged, or no detector was there and things were covered whole.

Examples:
  garim redact photo.jpg --out safe.jpg
  garim redact gate.mkv yard.mov --out safe/ --report safe.ndjson
  garim redact archive/ --out safe/ --look solid`,
    )
    .action(redact);
}

async function redact(inputs: string[], options: RedactOptions): Promise<void> {
  rootLog.level = 'silent'; // what matters is said below, with the file's name
  const list = await listJobs(inputs, options.out);
  const report = options.report === undefined ? undefined : await ReportWriter.open(options.report);
  const stop = new AbortController();
  let exitCode: number | undefined;
  const onSignal = (signal: NodeJS.Signals): void => {
    if (exitCode !== undefined) process.exit(exitCode);
    exitCode = EXIT_CODES[signal as keyof typeof EXIT_CODES];
    stop.abort();
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  const feedback = feedbackFor(list);
  try {
    for (const { input, reason } of list.faults) say(`${input}: ${reason}`);
    const store = openModelStore({ stateDir: options.state, env: process.env });
    const { look } = options;
    const summary = await redactFiles(list.jobs, {
      ...feedback,
      store,
      look,
      report,
      signal: stop.signal,
      log: rootLog,
    });
    await report?.finish();
    feedback.end();
    say(sentence(summary, list));
    if (summary.coveredWhole > 0) say(wholeAdvice(summary));
    if (summary.faults + list.faults.length + summary.coveredWhole > 0) process.exitCode = 1;
  } catch (error) {
    feedback.end();
    await report?.abandon();
    if (exitCode === undefined) throw error;
    say('interrupted; what is finished stays');
    process.exitCode = exitCode;
  } finally {
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
  }
}

/** A bar on a terminal; without one only faults are said. */
function feedbackFor({ jobs }: JobList): Feedback {
  const format = '{bar} {value}/{total} {file}{frames}';
  const bar = process.stderr.isTTY
    ? new SingleBar({ format, stream: process.stderr, hideCursor: true, clearOnComplete: true, etaBuffer: 1 })
    : undefined;
  bar?.start(jobs.length, 0, { file: '', frames: '' });
  return {
    onStart: (job, index) => bar?.update(index, { file: job.input, frames: '' }),
    onFrame: (_, frames) => bar?.update({ frames: `, frame ${frames}` }),
    onFault: (job, reason, isWritten) => {
      if (bar) process.stderr.write('\r\x1b[K');
      const named = reason.includes(job.input) ? reason : `${job.input}: ${reason}`;
      say(`${named}${isWritten ? `; what could be read is in ${job.target}` : ''}`);
    },
    end: () => bar?.stop(),
  };
}

function sentence(summary: BatchSummary, { skipped, faults }: JobList): string {
  const { stills, clips, frames, clipSeconds, regions } = summary;
  const count = (n: number, one: string): string => `${n} ${one}${n === 1 ? '' : 's'}`;
  const rate = clipSeconds > 0 ? `, ${(frames / clipSeconds).toFixed(1)} frames/s` : '';
  const parts = [
    count(stills, 'picture'),
    `${count(clips, 'video')}${frames > 0 ? ` (${count(frames, 'frame')}${rate})` : ''}`,
    `${count(regions, 'region')} covered`,
  ];
  if (summary.coveredWhole > 0) parts.push(`${summary.coveredWhole} covered whole`);
  if (skipped.length > 0) parts.push(`${skipped.length} skipped (neither picture nor video)`);
  const failed = summary.faults + faults.length;
  if (failed > 0) parts.push(`${count(failed, 'fault')}`);
  return parts.join(', ');
}

function wholeAdvice({ coveredWhole, advice }: BatchSummary): string {
  const what = coveredWhole === 1 ? '1 picture was' : `${coveredWhole} pictures were`;
  return `${what} covered whole${advice === '' ? '' : `: ${advice}`}`;
}

function say(line: string): void {
  process.stderr.write(`${scrub(line)}\n`);
}
