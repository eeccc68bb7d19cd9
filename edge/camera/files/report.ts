/**
 * The report of `garim redact`: one JSON line per picture or video frame that was written, in order. It appears under its name when it is
 * whole. Lines of an input that failed after all are taken back.
 */
import { type FileHandle, open } from 'node:fs/promises';
import { messageOf, UserError } from '../../base/errors.ts';
import { discard, partialNameFor, publish } from '../../base/whole-file.ts';
import type { CoverLabel, WholeFrameReason } from '../messages.ts';
import type { CoverPlan } from '../redact/plan.ts';
import { rectOn } from '../redact/redactor.ts';

/** Text kept before it is written. */
const PENDING_CHARS_MAX = 64 * 1024;

export interface ReportLine {
  /** As given, or as found below a folder that was given. */
  input: string;
  /** From 0; 0 for a picture. */
  frame: number;
  ptsMs: number;
  /** Of the output. */
  widthPx: number;
  heightPx: number;
  cover: CoverPlan['kind'];
  reason: WholeFrameReason | null;
  /** What is hidden, in whole pixels of the output. */
  regions: { label: CoverLabel; x: number; y: number; w: number; h: number; score: number; track: number }[];
}

export function reportLine(
  input: string,
  frame: number,
  ptsMs: number,
  size: { widthPx: number; heightPx: number },
  plan: CoverPlan,
): ReportLine {
  const { widthPx, heightPx } = size;
  const head = { input, frame, ptsMs, widthPx, heightPx, cover: plan.kind };
  if (plan.kind === 'whole-frame') return { ...head, reason: plan.reason, regions: [] };
  const regions: ReportLine['regions'] = [];
  for (const region of plan.regions) {
    const rect = rectOn({ widthPx, heightPx, subsampling: 1 }, region);
    if (rect === undefined) continue; // beyond the edge that an odd picture loses
    const { label, track } = region;
    const score = Math.round(region.score * 1000) / 1000;
    regions.push({ label, x: rect.x0, y: rect.y0, w: rect.x1 - rect.x0, h: rect.y1 - rect.y0, score, track });
  }
  return { ...head, reason: null, regions };
}

export class ReportWriter {
  readonly #file: string;
  readonly #partial: string;
  readonly #handle: FileHandle;
  #pending = '';
  #written = 0;

  private constructor(file: string, partial: string, handle: FileHandle) {
    this.#file = file;
    this.#partial = partial;
    this.#handle = handle;
  }

  /** @throws UserError when the file can't be made */
  static async open(file: string): Promise<ReportWriter> {
    const partial = partialNameFor(file);
    try {
      return new ReportWriter(file, partial, await open(partial, 'w'));
    } catch (error) {
      const fix = 'name a file in a folder that exists and can be written';
      throw new UserError(`the report ${file} can't be written: ${messageOf(error)}`, { fix, cause: error });
    }
  }

  async add(line: ReportLine): Promise<void> {
    this.#pending += `${JSON.stringify(line)}\n`;
    if (this.#pending.length >= PENDING_CHARS_MAX) await this.#flush();
  }

  /** A point to come back to. */
  async mark(): Promise<number> {
    await this.#flush();
    return this.#written;
  }

  /** Takes back what was added since the mark. */
  async rollBack(mark: number): Promise<void> {
    this.#pending = '';
    await this.#handle.truncate(mark);
    this.#written = mark;
  }

  async finish(): Promise<void> {
    await this.#flush();
    await this.#handle.close();
    await publish(this.#partial, this.#file);
  }

  async abandon(): Promise<void> {
    await this.#handle.close();
    await discard(this.#partial);
  }

  async #flush(): Promise<void> {
    const bytes = Buffer.from(this.#pending);
    this.#pending = '';
    if (bytes.length === 0) return;
    await this.#handle.write(bytes, 0, bytes.length, this.#written);
    this.#written += bytes.length;
  }
}
