import path from "node:path";
import type { BuildOutcome, Json } from "@imagespec/core";
import { isImageSpecError } from "@imagespec/errors";
import { openKeyIndex } from "@imagespec/image-store";
import { type WrittenLayer, writeLayer } from "@imagespec/image-store/layers";
import { caText, detectUvSettings } from "@imagespec/resolver";
import {
  buildDebianLayer,
  createDebianFetcher,
  type DebianArchitecture,
  type DebianEnvironment,
  type DebianLock,
  type DebianSuite,
  defaultDebianArchive,
  parseDebianLock,
  resolveDebian,
} from "../debian/index.ts";
import { imageDocuments } from "../image/image-document.ts";
import type { BuildContext } from "./build-context.ts";
import { builtLayer } from "./built-layer.ts";
import { debianArchitecture, debianPython } from "./debian-facts.ts";
import { formatSize } from "./format-size.ts";
import { publishImage } from "./publish-image.ts";

const dayMs = 24 * 60 * 60 * 1000;

/** Makes the image of a Debian base: one layer of Debian packages with Python, and nothing of the image contract. */
export async function assembleDebianImage(context: BuildContext, suite: DebianSuite): Promise<BuildOutcome> {
  const { spec, request, steps, scope, content, encoder, publisher } = context;
  const platform = spec.platforms[0] ?? "";
  const architecture = debianArchitecture(platform);
  let downloaded = 0;
  const environment: DebianEnvironment = {
    content,
    fetch: await countingFetcher((bytes) => {
      downloaded += bytes;
    }),
    archive: context.options.debianArchive ?? defaultDebianArchive,
    signal: scope.signal,
    onProgress: ({ kind, item, current, total }) =>
      request.emit({
        type: "transfer",
        step: kind === "index" ? "resolve" : "layers",
        kind: "pull",
        item,
        current,
        ...(total === undefined ? {} : { total }),
        unit: "item",
      }),
  };
  const lock = await steps.run("resolve", "baseImage", async (notes) => {
    const { lock: found, cached } = await debianLock(context, suite, architecture, environment);
    notes.detail = `debian ${suite} · ${found.packages.length} packages`;
    notes.cached = cached;
    return found;
  });
  const layer = await steps.run("layers", "baseImage", async (notes) => {
    // "debian-1": to be raised when the same packages give another layer.
    const inputs = [JSON.stringify(lock.indexes[0]?.date), ...lock.packages.map(({ sha256 }) => sha256), "slim"];
    const built = await builtLayer(
      context,
      { kind: "debian-1", comment: `debian ${suite}`, inputs },
      async (): Promise<WrittenLayer> => {
        const { tar } = await buildDebianLayer(lock, environment, { slim: true });
        return writeLayer(tar(), { content, encoder, signal: scope.signal });
      },
    );
    notes.cached = built.reused;
    notes.detail = formatSize(built.descriptor.size);
    return built;
  });
  const documents = imageDocuments({
    platform,
    base: undefined,
    layers: [layer],
    config: {
      Env: [
        "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "LANG=C.UTF-8",
        `PYTHON_VERSION=${debianPython(lock)}`,
        ...Object.entries(request.env).map(([name, value]) => `${name}=${value}`),
      ],
      Cmd: ["python3"],
      Labels: { ...spec.labels, ...request.labels },
    },
  });
  const descriptor = await publishImage(context, documents);
  // A lock is plain data.
  const record = { debian: lock } as unknown as Json;
  return {
    digest: descriptor.digest,
    mediaType: descriptor.mediaType,
    size: descriptor.size,
    platforms: [platform],
    timings: steps.timings,
    bytes: { downloaded, uploaded: publisher.bytesWritten },
    layers: { built: layer.reused ? 0 : 1, reused: layer.reused ? 1 : 0 },
    record,
  };
}

/** The lock that the spec gives; else that of an earlier build when it is young enough, or what the archive has now. */
async function debianLock(
  { spec, folder, options, request }: BuildContext,
  suite: DebianSuite,
  architecture: DebianArchitecture,
  environment: DebianEnvironment,
): Promise<{ readonly lock: DebianLock; readonly cached: boolean }> {
  const { resolvedBase } = spec;
  const given = resolvedBase.kind === "debian" ? resolvedBase.lock?.[spec.platforms[0] ?? ""] : undefined;
  if (given !== undefined) {
    const lock = await resolveDebian({ suite, architecture, lock: parseDebianLock(given) }, environment);
    return { lock, cached: true };
  }
  const index = await openKeyIndex(path.join(folder, "debian"), { parse: parseKept });
  const key = JSON.stringify(["debian-lock-1", suite, architecture, environment.archive]);
  const kept = await index.get(key);
  const age = kept === undefined ? 0 : Date.now() - kept.time;
  const isCurrent = age >= 0 && age < (options.debianMaxAgeMs ?? dayMs) && !request.force;
  if (kept !== undefined && isCurrent) return { lock: kept.lock, cached: true };
  const previous = kept === undefined ? {} : { previous: kept.lock };
  const lock = await resolveDebian({ suite, architecture, ...previous }, environment);
  await index.set(key, { time: Date.now(), lock });
  return { lock, cached: false };
}

interface KeptLock {
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly lock: DebianLock;
}

function parseKept(value: unknown): KeptLock | undefined {
  if (typeof value !== "object" || value === null || !("time" in value) || !("lock" in value)) return undefined;
  if (typeof value.time !== "number") return undefined;
  try {
    return { time: value.time, lock: parseDebianLock(value.lock) };
  } catch (error) {
    // Written by another version: as if it were not there.
    if (isImageSpecError(error, "LOCK_INVALID")) return undefined;
    throw error;
  }
}

async function countingFetcher(count: (bytes: number) => void): Promise<DebianEnvironment["fetch"]> {
  const fetch = createDebianFetcher({ ca: await caText(detectUvSettings().caFile) });
  return async (url, options) => {
    const stream = await fetch(url, options);
    return (async function* () {
      for await (const chunk of stream) {
        count(chunk.length);
        yield chunk;
      }
    })();
  };
}
