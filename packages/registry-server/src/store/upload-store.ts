import { createHash, type Hash, randomUUID } from "node:crypto";
import { type Digest, digestAlgorithm } from "@imagespec/oci";
import type { Files } from "../storage/files.ts";
import type { BlobStore } from "./blob-store.ts";
import { uploadPath } from "./paths.ts";

type Algorithm = "sha256" | "sha512";

/** The request that is writing to an upload. */
export interface UploadWriter {
  readonly chunks: AsyncIterable<Uint8Array>;
  /** Makes `chunks` end with an error. */
  abort(): void;
}

/** Unfinished uploads. */
export interface UploadStore {
  create(repository: string, algorithm: Algorithm): Promise<string>;
  /** Bytes that have arrived, `undefined` when there is no such upload. */
  size(repository: string, id: string): Promise<number | undefined>;
  /**
   * Appends to an upload and resolves to its new size. What arrived before `chunks` failed is kept: the client asks for the
   * size and goes on from there. A request that is still writing is cut off first; its client is gone.
   *
   * @param offset where the client means to write; nothing is written when it is not the end of the upload
   */
  append(
    repository: string,
    id: string,
    writer: UploadWriter,
    offset?: number,
  ): Promise<{ readonly accepted: boolean; readonly size: number } | undefined>;
  /** Takes back what was written after `size`. */
  truncate(repository: string, id: string, size: number): Promise<void>;
  /** Makes the upload a blob; `false`: its digest is another one and the upload is gone; `undefined`: no such upload. */
  commit(repository: string, id: string, digest: Digest): Promise<boolean | undefined>;
  /** Whether there was such an upload. */
  cancel(repository: string, id: string): Promise<boolean>;
}

/** An upload that nobody continues is dropped after a day. */
const abandonedAfterMs = 24 * 60 * 60 * 1000;

interface Session {
  usedAt: number;
  /** Has seen all bytes of the upload, or is missing after a restart or a truncation. */
  hash: { readonly algorithm: Algorithm; readonly state: Hash } | undefined;
  current: { readonly abort: () => void; readonly settled: Promise<unknown> } | undefined;
}

/** The {@link UploadStore} of some {@link Files}. */
export function createUploadStore(files: Files, blobs: BlobStore): UploadStore {
  const sessions = new Map<string, Session>();

  function sessionOf(path: string): Session {
    const session = sessions.get(path) ?? { usedAt: 0, hash: undefined, current: undefined };
    session.usedAt = Date.now();
    sessions.set(path, session);
    return session;
  }

  /** Runs an operation that changes the upload after whatever else is changing it. */
  async function exclusively<T>(
    path: string,
    abort: () => void,
    operation: (session: Session) => Promise<T>,
  ): Promise<T> {
    const session = sessionOf(path);
    while (session.current !== undefined) {
      session.current.abort();
      await session.current.settled;
    }
    const running = operation(session);
    const current = { abort, settled: running.then(nothing, nothing) };
    session.current = current;
    try {
      return await running;
    } finally {
      session.current = undefined;
    }
  }

  async function dropAbandoned(): Promise<void> {
    const limit = Date.now() - abandonedAfterMs;
    for (const [path, session] of sessions) {
      if (session.usedAt > limit || session.current !== undefined) continue;
      sessions.delete(path);
      await files.remove(path);
    }
  }

  async function hashOf(path: string, session: Session, algorithm: Algorithm, size: number): Promise<string> {
    if (session.hash?.algorithm === algorithm) return session.hash.state.copy().digest("hex");
    const state = createHash(algorithm);
    if (size > 0) {
      for await (const chunk of files.open(path, 0, size)) state.update(chunk);
    }
    return state.digest("hex");
  }

  return {
    async create(repository, algorithm) {
      const id = randomUUID();
      const path = uploadPath(repository, id);
      await files.append(path, 0, nothingAtAll(), nothing);
      sessions.set(path, {
        usedAt: Date.now(),
        hash: { algorithm, state: createHash(algorithm) },
        current: undefined,
      });
      await dropAbandoned();
      return id;
    },

    size: (repository, id) => files.size(uploadPath(repository, id)),

    append: (repository, id, writer, offset) => {
      const path = uploadPath(repository, id);
      return exclusively(path, writer.abort, async (session) => {
        const before = await files.size(path);
        if (before === undefined) {
          sessions.delete(path);
          return undefined;
        }
        if (offset !== undefined && offset !== before) return { accepted: false, size: before };
        let size = before;
        const { hash } = session;
        try {
          await files.append(path, before, writer.chunks, (chunk) => {
            hash?.state.update(chunk);
            size += chunk.length;
          });
        } catch (error) {
          // A full disk can leave a part of a chunk, which the hash has not seen.
          if ((await files.size(path)) !== size) session.hash = undefined;
          throw error;
        }
        return { accepted: true, size };
      });
    },

    truncate: (repository, id, size) => {
      const path = uploadPath(repository, id);
      return exclusively(path, nothing, async (session) => {
        session.hash = undefined;
        await files.truncate(path, size);
      });
    },

    commit: (repository, id, digest) => {
      const path = uploadPath(repository, id);
      return exclusively(path, nothing, async (session) => {
        const algorithm = digestAlgorithm(digest);
        const size = await files.size(path);
        if (size === undefined) {
          sessions.delete(path);
          return undefined;
        }
        const matches = `${algorithm}:${await hashOf(path, session, algorithm, size)}` === digest;
        if (matches) await blobs.adopt(repository, digest, path);
        else await files.remove(path);
        sessions.delete(path);
        return matches;
      });
    },

    cancel: (repository, id) => {
      const path = uploadPath(repository, id);
      return exclusively(path, nothing, async () => {
        sessions.delete(path);
        return files.remove(path);
      });
    },
  };
}

function nothing(): void {}

async function* nothingAtAll(): AsyncGenerator<Uint8Array> {}
