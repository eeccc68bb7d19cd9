/** What anybody may ask of the record without saying who they are; implemented over the ledger. */

export const LANGUAGES = ['ko', 'en'] as const;
export type Language = (typeof LANGUAGES)[number];

export interface PublicLeaf {
  index: number;
  /** As it stands in the log. */
  leaf: object;
  /** The same in a sentence. */
  text: Readonly<Record<Language, string>>;
}

export interface PublicAnswer {
  origin: string;
  /** Key by which the checkpoint in a proof is verified. */
  vkey: string;
  /** Signed leaves that were looked through. */
  size: number;
  leaves: readonly PublicLeaf[];
  /** There is more than one answer holds. */
  isCut: boolean;
}

export interface Presence {
  startMs: number;
  endMs: number;
}

export interface Inquiries {
  /** Names of cameras and sensors. */
  places(): readonly string[];
  /** Without a place: all of the box. Times are wall clock, both included. */
  lookUp(query: { place?: string; fromMs: number; toMs: number }): Promise<PublicAnswer>;
  /** A `.tlog-proof` (c2sp.org/tlog-proof), or undefined for a leaf that is not there or not signed yet. */
  proof(index: number): Promise<string | undefined>;
  /** What the sign shows now, until when (wall clock), and how long that is. */
  presenceCode(): { code: string; endsMs: number; leftMs: number };
  /** When a code was shown; undefined for one that was not. */
  presenceOf(code: string): Presence | undefined;
  /** Resolves when the objection is durable; does nothing when that code has one. Rejects when it can't be recorded, or for an unknown code. */
  object(code: string): Promise<void>;
}
