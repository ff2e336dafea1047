import { randomUUID } from "node:crypto";
import path from "node:path";
import { GoogleError, serviceDisabled } from "../google-error.ts";
import { type Build, isTerminal, timestamp } from "./build.ts";
import { BuildEnded } from "./build-failure.ts";
import type { BuildHost } from "./build-host.ts";
import { startBuildLog } from "./build-log.ts";
import type { BuildScript } from "./build-script.ts";
import { checkBuild } from "./check-build.ts";
import { parseListFilter } from "./list-filter.ts";
import { runBuild } from "./run-build.ts";
import { substitute, substitutionValues } from "./substitute.ts";
import { visibleBuild } from "./visible-build.ts";

/** `CreateBuildRequest`. */
export interface CreateBuildRequest {
  readonly parent?: string;
  readonly projectId?: string;
  readonly build?: Build;
}

/** `GetBuildRequest`, `CancelBuildRequest`. */
export interface BuildRequest {
  readonly name?: string;
  readonly projectId?: string;
  readonly id?: string;
}

/** `ListBuildsRequest`. */
export interface ListBuildsRequest {
  readonly parent?: string;
  readonly projectId?: string;
  readonly pageSize?: number;
  readonly pageToken?: string;
  readonly filter?: string;
}

/** `google.longrunning.Operation` of a build; the transports pack the messages into `Any`. */
export interface BuildOperation {
  readonly name: string;
  readonly done: boolean;
  readonly build: Build;
  readonly error?: { readonly code: number; readonly message: string };
}

/** Cloud Build v1, without a transport. Projects may be named by id or number. */
export interface CloudBuild {
  createBuild(request: CreateBuildRequest): BuildOperation;
  getBuild(request: BuildRequest): Build;
  listBuilds(request: ListBuildsRequest): { readonly builds: readonly Build[]; readonly nextPageToken?: string };
  cancelBuild(request: BuildRequest): Promise<Build>;
  getOperation(name: string): BuildOperation;
  cancelOperation(name: string): Promise<void>;
  /** The location that a request is about, by which the service finds the region. */
  locationOf(request: BuildRequest & ListBuildsRequest): string;
  /** What the next builds do otherwise, one script for each. */
  script(...scripts: readonly BuildScript[]): void;
  /** Ends everything. */
  close(): Promise<void>;
}

interface Entry {
  readonly build: Build;
  readonly location: string;
  readonly script: BuildScript;
  readonly stop: AbortController;
  readonly done: Promise<void>;
  reads: number;
}

/** @param pools names of the private pools that exist */
export function createCloudBuild(host: BuildHost, pools: readonly string[], enabled: () => boolean): CloudBuild {
  const entries = new Map<string, Entry>();
  const scripts: BuildScript[] = [];

  const assertProject = (project: string): void => {
    if (!enabled()) throw serviceDisabled("cloudbuild.googleapis.com", "Cloud Build API", host.project);
    if (project === host.project || project === host.projectNumber) return;
    throw new GoogleError("PERMISSION_DENIED", "The caller does not have permission");
  };
  const find = (request: BuildRequest): Entry => {
    const { project, location, id } = parseName(request);
    assertProject(project);
    const entry = entries.get(id);
    // A regional build is not found without its region.
    if (entry !== undefined && entry.location === location) return entry;
    throw notFound();
  };
  const cancel = async (entry: Entry): Promise<void> => {
    if (isTerminal(entry.build.status)) {
      throw new GoogleError("FAILED_PRECONDITION", "Cannot cancel build because it is already complete");
    }
    entry.stop.abort(new BuildEnded("CANCELLED"));
    await entry.done;
  };
  const operation = (entry: Entry): BuildOperation => {
    const { build, location } = entry;
    const key = Buffer.from(build.id ?? "").toString("base64url");
    const name =
      location === "global"
        ? `operations/build/${host.project}/${key}`
        : `projects/${host.projectNumber}/locations/${location}/operations/${key}`;
    const visible = visibleBuild(build);
    const done = isTerminal(build.status);
    if (!done || build.status === "SUCCESS") return { name, done, build: visible };
    const code = { CANCELLED: 1, TIMEOUT: 4, INTERNAL_ERROR: 13 }[String(build.status)] ?? 9;
    return { name, done, build: visible, error: { code, message: "Build failed; check build logs for details" } };
  };
  const findOperation = (name: string): Entry => {
    const entry = entries.get(Buffer.from(name.split("/").at(-1) ?? "", "base64url").toString());
    if (entry === undefined) throw notFound();
    return entry;
  };

  return {
    createBuild({ parent, projectId, build: asked }) {
      const { project, location } = parseParent({ parent, projectId });
      assertProject(project);
      if (asked === undefined) throw new GoogleError("INVALID_ARGUMENT", "build is required");
      const build = inputOf(asked);
      checkBuild(build, { project, location, pools });
      const id = randomUUID();
      const substitutions = substitutionValues(build, {
        PROJECT_ID: host.project,
        PROJECT_NUMBER: host.projectNumber,
        BUILD_ID: id,
        LOCATION: location,
      });
      substitute(build, substitutions);
      const principal =
        build.serviceAccount?.split("/").at(-1) ?? `${host.projectNumber}-compute@developer.gserviceaccount.com`;
      // The service answers with the number of the project, whatever the request had.
      build.name = `projects/${host.projectNumber}/locations/${location}/builds/${id}`;
      build.id = id;
      build.projectId = host.project;
      build.status = "QUEUED";
      build.createTime = timestamp();
      build.logUrl = `https://console.cloud.google.com/cloud-build/builds;region=${location}/${id}?project=${host.projectNumber}`;
      build.logsBucket ??= defaultLogsBucket(build, host, location);
      build.serviceAccount ??= `projects/${host.project}/serviceAccounts/${principal}`;
      const script = scripts.shift() ?? {};
      const log = startBuildLog({
        build,
        buckets: host.buckets,
        admit: (bucket, object) => host.denials.check("storage.objects.create", `${bucket}/${object}`, principal),
        flushMs: host.flushMs,
        script: script.log,
      });
      const stop = new AbortController();
      const folder = path.join(host.folder, id);
      const running = { build, host, script, log, stop, folder, principal, secretEnv: new Map(), substitutions };
      const entry: Entry = { build, location, script, stop, done: runBuild(running), reads: 0 };
      entries.set(id, entry);
      return operation(entry);
    },
    getBuild(request) {
      const entry = find(request);
      const { notFoundReads = 0, shows = [] } = entry.script;
      const read = entry.reads;
      entry.reads += 1;
      if (read < notFoundReads) throw notFound();
      return visibleBuild(entry.build, shows[read - notFoundReads]);
    },
    listBuilds({ parent, projectId, pageSize, pageToken, filter }) {
      const { project, location } = parseParent({ parent, projectId });
      assertProject(project);
      const predicate = parseListFilter(filter ?? "");
      const found = [...entries.values()]
        .filter((entry) => entry.location === location && predicate(entry.build))
        .reverse();
      const from = pageToken ? found.findIndex(({ build }) => build.id === pageToken) : 0;
      if (from === -1) throw new GoogleError("INVALID_ARGUMENT", "invalid page token");
      const size = pageSize && pageSize > 0 ? Math.min(pageSize, 1000) : 50;
      const next = found[from + size]?.build.id;
      return {
        builds: found.slice(from, from + size).map(({ build }) => visibleBuild(build)),
        ...(next === undefined ? {} : { nextPageToken: next }),
      };
    },
    async cancelBuild(request) {
      const entry = find(request);
      await cancel(entry);
      return visibleBuild(entry.build);
    },
    getOperation: (name) => operation(findOperation(name)),
    cancelOperation: (name) => cancel(findOperation(name)),
    locationOf: (request) =>
      request.parent ? parseParent(request).location : request.name ? parseName(request).location : "global",
    script(...more) {
      scripts.push(...more);
    },
    async close() {
      for (const { stop } of entries.values()) stop.abort(new BuildEnded("CANCELLED"));
      await Promise.all([...entries.values()].map(({ done }) => done));
    },
  };
}

function parseParent({
  parent,
  projectId,
}: {
  readonly parent?: string | undefined;
  readonly projectId?: string | undefined;
}): {
  readonly project: string;
  readonly location: string;
} {
  if (!parent) {
    if (!projectId) throw new GoogleError("INVALID_ARGUMENT", "project_id is required");
    return { project: projectId, location: "global" };
  }
  const [, project, location] = /^projects\/([^/]+)\/locations\/([a-z0-9-]+)$/.exec(parent) ?? [];
  if (project === undefined || location === undefined) {
    throw new GoogleError("INVALID_ARGUMENT", `invalid parent: "${parent}"`);
  }
  return { project, location };
}

function parseName({ name, projectId = "", id = "" }: BuildRequest): {
  readonly project: string;
  readonly location: string;
  readonly id: string;
} {
  if (!name) return { project: projectId, location: "global", id };
  const match = /^projects\/([^/]+)(?:\/locations\/([^/]+))?\/builds\/([^/]+)$/.exec(name);
  if (match === null) throw new GoogleError("INVALID_ARGUMENT", `invalid build name: "${name}"`);
  return { project: match[1] ?? "", location: match[2] ?? "global", id: match[3] ?? "" };
}

function defaultLogsBucket(build: Build, host: BuildHost, location: string): string {
  return build.options?.defaultLogsBucketBehavior === "REGIONAL_USER_OWNED_BUCKET"
    ? `gs://${host.projectNumber}-${location}-cloudbuild-logs`
    : `gs://${host.projectNumber}.cloudbuild-logs.googleusercontent.com`;
}

/** A copy without what only the service writes ("Output only" in cloudbuild.proto) and without empty values, which proto3 takes for none. */
function inputOf(build: Build): Build {
  const outputs = [
    "name",
    "id",
    "projectId",
    "status",
    "statusDetail",
    "results",
    "createTime",
    "startTime",
    "finishTime",
  ];
  const more = ["logUrl", "timing", "failureInfo", "sourceProvenance", "buildTriggerId", "approval", "warnings"];
  const copy = Object.entries(structuredClone(build)).filter(([key]) => ![...outputs, ...more].includes(key));
  const input = withoutEmpty(Object.fromEntries(copy)) as Build;
  for (const step of input.steps ?? []) {
    delete step.status;
    delete step.exitCode;
    delete step.timing;
    delete step.pullTiming;
  }
  return input;
}

function withoutEmpty(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((entry) => withoutEmpty(entry));
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, entry]) => {
      const empty = entry === "" || entry === undefined || (Array.isArray(entry) && entry.length === 0);
      return empty ? [] : [[key, withoutEmpty(entry)]];
    }),
  );
}

function notFound(): GoogleError {
  return new GoogleError("NOT_FOUND", "Requested entity was not found.");
}
