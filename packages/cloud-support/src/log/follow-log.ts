import { messageOf } from "@imagespec/errors";
import { type Clock, systemClock } from "../clock.ts";
import { LineSplitter } from "./line-splitter.ts";

/** What one read of a log gave. */
export interface LogPage<Cursor> {
  /** In the order of their time; they may end within a line, and within a character where they are bytes. */
  readonly chunks: readonly (Uint8Array | string)[];
  /** Where the next read goes on. The same as before: this page was read already, or there was nothing new. */
  readonly cursor: Cursor;
  /** There is more at once. @default whether there were chunks */
  readonly isMore?: boolean;
}

export interface FollowLogOptions<Cursor> {
  /** One read; nothing while the log does not exist yet. */
  readonly read: (cursor: Cursor | undefined, signal: AbortSignal) => Promise<LogPage<Cursor> | undefined>;
  readonly onLines: (lines: readonly string[]) => void;
  /** Called once at most: the log cannot be followed any longer. The build goes on. */
  readonly onWarning: (message: string, error: unknown) => void;
  /** Settles when the build has ended, however it did. */
  readonly ended: Promise<unknown>;
  /** Milliseconds between two reads. @default 1000 */
  readonly intervalMs?: number;
  /** Reads without anything new after which a log is over, when the build has ended. @default 2 */
  readonly quietReads?: number;
  /** For how long lines are waited for after the end of the build, in milliseconds. @default 15000 */
  readonly settleMs?: number;
  /** Failed reads in a row after which the log is given up, unless `isLasting` says so before. @default 10 */
  readonly failures?: number;
  /** An error that another read would meet again: a right that is missing. @default none */
  readonly isLasting?: (error: unknown) => boolean;
  readonly clock?: Clock;
  readonly signal: AbortSignal;
}

/**
 * Follows the log of a build to its end. Never rejects: what goes wrong with a log is no failure of the build.
 *
 * @returns whether the log was read to its end
 */
export async function followLog<Cursor>(options: FollowLogOptions<Cursor>): Promise<boolean> {
  const { read, onLines, ended, signal, clock = systemClock } = options;
  const { intervalMs = 1000, quietReads = 2, settleMs = 15_000, failures = 10 } = options;
  const splitter = new LineSplitter();
  let endedAt: number | undefined;
  const note = (): void => {
    endedAt ??= clock.now();
  };
  ended.then(note, note);
  let cursor: Cursor | undefined;
  let isKnown = false;
  let quiet = 0;
  let failed = 0;
  const finish = (isWhole: boolean): boolean => {
    const rest = splitter.end();
    if (rest.length > 0) onLines(rest);
    return isWhole;
  };
  for (;;) {
    if (signal.aborted) return finish(false);
    // What ended before the read began was written before it, as far as the cloud keeps that order.
    const wasEnded = endedAt !== undefined;
    try {
      const page = await read(cursor, signal);
      failed = 0;
      const isNew = page !== undefined && !(isKnown && page.cursor === cursor);
      const lines = isNew ? page.chunks.flatMap((chunk) => splitter.push(chunk)) : [];
      if (lines.length > 0) onLines(lines);
      const hasText = isNew && page.chunks.length > 0;
      if (page !== undefined) [cursor, isKnown] = [page.cursor, true];
      if (isNew && (page.isMore ?? hasText)) {
        quiet = 0;
        continue;
      }
      quiet = hasText ? 0 : quiet + (wasEnded ? 1 : 0);
    } catch (error) {
      if (signal.aborted) return finish(false);
      failed++;
      if (failed >= failures || options.isLasting?.(error) === true) {
        options.onWarning(`the log of the build cannot be read: ${messageOf(error)}`, error);
        return finish(false);
      }
    }
    if (endedAt !== undefined) {
      const isOver = isKnown && quiet >= quietReads;
      if (isOver || clock.now() - endedAt >= settleMs) return finish(isOver);
    }
    try {
      await clock.sleep(intervalMs, signal);
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }
}
