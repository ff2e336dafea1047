import type { ExplainedSpec } from "@imagespec/dockerfile";
import { ImageSpecError } from "@imagespec/errors";
import { describe, expect, it } from "vitest";
import { SolveError, type SolveErrorDetail, type Vertex } from "../daemon/daemon.ts";
import { createProgress } from "../progress/create-progress.ts";

// The texts are recorded from Engine 20.10.24 (BuildKit 0.8), Engine 28.5.2 (0.25) and buildkitd 0.34.

const text = `FROM debian:bookworm-slim
RUN echo one; echo two >&2; echo three; exit 7
RUN apt-get install -y nosuchpackage-x
RUN uv pip install --require-hashes -r numpy.txt
COPY missing.txt /x
`;
const steps = [
  { firstLine: 2, lastLine: 2, name: "command 1", field: "commands[0]" },
  { firstLine: 3, lastLine: 3, name: "apt", field: "aptPackages" },
  { firstLine: 4, lastLine: 4, name: "packages numpy", field: "packages", members: ["numpy"] },
  { firstLine: 5, lastLine: 5, name: "source", field: "source" },
];
const spec: ExplainedSpec = {
  packages: ["pandas>=2", "NumPy==2.0"],
  requirementLines: ["pandas>=2", "NumPy==2.0"],
  aptPackages: ["curl", "nosuchpackage-x"],
  condaPackages: [],
  secrets: [{ id: "token", from: { env: "TOKEN" }, steps: ["commands"], target: "/run/x", cacheBust: undefined }],
};

interface Recorded {
  readonly message: string;
  readonly vertex?: string;
  readonly vertexError?: string;
  readonly lines?: readonly string[];
  readonly details?: readonly SolveErrorDetail[];
  readonly grpcCode?: number;
}

function explain({ message, vertex, vertexError = message, lines = [], details = [], grpcCode = 2 }: Recorded) {
  const progress = createProgress({ emit: () => undefined, text, steps, spec, daemon: "unix:///d.sock" });
  const failed: Vertex = {
    digest: "sha256:6273cea07b24de0a",
    inputs: [],
    name: vertex ?? "",
    cached: false,
    started: 1000,
    completed: 1500,
    error: vertexError,
    progressGroup: undefined,
  };
  progress.update({
    vertexes: vertex === undefined ? [] : [failed],
    statuses: [],
    logs: lines.map((line) => ({
      vertex: failed.digest,
      timestamp: 1,
      stream: 2,
      message: Buffer.from(`${line}\n`),
    })),
    warnings: [],
  });
  const error = progress.explain(new SolveError(message, { grpcCode, details }));
  if (!(error instanceof ImageSpecError)) throw error;
  return error;
}

const run7 = "[2/5] RUN echo one; echo two >&2; echo three; exit 7";

describe("a command that fails", () => {
  it.each<[string, Recorded]>([
    [
      "Engine 20.10, without facts",
      {
        vertex: run7,
        message: "executor failed running [/bin/sh -c echo one; echo two >&2; echo three; exit 7]: exit code: 7",
      },
    ],
    [
      "Engine 28.5",
      {
        vertex: run7,
        message:
          'process "/bin/sh -c echo one; echo two >&2; echo three; exit 7" did not complete successfully: exit code: 7',
        details: [
          { kind: "source", file: "Dockerfile", ranges: [{ start: 2, end: 2 }] },
          { kind: "vertex", digest: "sha256:6273cea07b24de0a" },
          { kind: "exit", code: 7 },
        ],
      },
    ],
  ])("%s", (_name, recorded) => {
    const error = explain({ ...recorded, lines: ["one", "two", "three"] });
    expect(error).toMatchObject({
      code: "BUILD_STEP_FAILED",
      message: 'step "command 1" failed with exit code 7',
      logTail: ["one", "two", "three"],
      problems: [{ path: "commands[0]" }],
      details: { step: "command 1", exitCode: 7, host: "unix:///d.sock" },
    });
  });

  it("that cannot even start", () => {
    const error = explain({
      vertex: run7,
      message:
        "executor failed running [/bin/sh -c true]: unable to find user nosuch: no matching entries in passwd file",
    });
    expect(error.message).toBe(
      'step "command 1" failed: unable to find user nosuch: no matching entries in passwd file',
    );
  });

  it.each([
    [137, "more memory"],
    [127, "exists in the base image"],
  ])("by exit code %s", (code, hint) => {
    expect(explain({ vertex: run7, message: `executor failed running [x]: exit code: ${code}` }).hint).toContain(hint);
  });

  it("for a platform that the machine cannot run", () => {
    const lines = ["exec /bin/sh: exec format error"];
    const message = 'process "/bin/sh -c true" did not complete successfully: exit code: 255';
    expect(explain({ vertex: run7, message, lines })).toMatchObject({ code: "ENGINE_UNSUPPORTED" });
  });

  it("is not taken for a package problem by what it prints", () => {
    const lines = ["E: Unable to locate package curl"];
    const message = "executor failed running [x]: exit code: 100";
    expect(explain({ vertex: run7, message, lines }).code).toBe("BUILD_STEP_FAILED");
  });
});

const apt = "[3/5] RUN apt-get install -y nosuchpackage-x";
const uv = "[4/5] RUN uv pip install --require-hashes -r numpy.txt";
const failedWith = (vertex: string, code: number, ...lines: readonly string[]): Recorded => ({
  vertex,
  message: `process "/bin/sh -c x" did not complete successfully: exit code: ${code}`,
  lines,
});

it.each<[Recorded, string, string, RegExp]>([
  [
    failedWith(apt, 100, "Reading state information...", "E: Unable to locate package nosuchpackage-x"),
    "DEBIAN_PACKAGE_NOT_FOUND",
    "aptPackages[1]",
    /^step "apt" failed with exit code 100: .*"nosuchpackage-x"$/,
  ],
  [
    failedWith(apt, 100, "E: Version '9' for 'curl' was not found"),
    "DEBIAN_PACKAGE_NOT_FOUND",
    "aptPackages",
    /version "9" of package "curl"/,
  ],
  [
    failedWith(apt, 100, "E: Failed to fetch http://deb.debian.org/x.deb  Could not connect to deb.debian.org:80"),
    "INDEX_DOWN",
    "aptPackages",
    /deb\.debian\.org\/x\.deb": Could not connect/,
  ],
  [failedWith(apt, 100, "E: Write error - write (28: No space left on device)"), "DISK_FULL", "aptPackages", /space/],
  [
    failedWith(
      uv,
      1,
      "error: Failed to download `numpy==2.0`",
      "  cause: Hash mismatch for `numpy==2.0`",
      "",
      "         Expected:",
    ),
    "WHEEL_HASH_MISMATCH",
    "packages[1]",
    /"numpy==2\.0"/,
  ],
  [
    failedWith(
      uv,
      1,
      "error: No solution found when resolving dependencies",
      "  cause: Because there is no version of numpy==99 and you require numpy==99, we can conclude that your requirements are unsatisfiable.",
    ),
    "SPEC_VERSION_NOT_FOUND",
    "packages[1]",
    /"numpy==99"/,
  ],
  [
    failedWith(
      uv,
      1,
      "  cause: Because six was not found in the package registry and you require six, we can conclude that your requirements are unsatisfiable.",
    ),
    "SPEC_PACKAGE_NOT_FOUND",
    "packages",
    /"six"/,
  ],
  [
    failedWith(
      uv,
      1,
      "  cause: Because all versions of uwsgi have no usable wheels and you require uwsgi, we can conclude that your requirements are unsatisfiable.",
    ),
    "SPEC_NO_WHEEL",
    "packages",
    /"uwsgi"/,
  ],
  [
    failedWith(
      uv,
      2,
      "error: Request failed after 3 retries in 9.6s",
      "  cause: Failed to fetch: http://127.0.0.1:1/simple/six/",
      "  cause: tcp connect error",
      "  cause: Connection refused (os error 111)",
    ),
    "INDEX_DOWN",
    "packages",
    /127\.0\.0\.1:1\/simple\/six\/": Connection refused/,
  ],
  [
    failedWith(
      uv,
      2,
      "error: Failed to fetch: `https://index.acme.dev/simple/six/`",
      "  cause: HTTP status client error (401 Unauthorized) for url (https://index.acme.dev/simple/six/)",
    ),
    "INDEX_AUTH",
    "packages",
    /refused "https:\/\/index\.acme\.dev\/simple\/six\/" \(401\)/,
  ],
  [
    failedWith(
      uv,
      1,
      "error: Failed to build `pandas==2.0`",
      "  cause: The build backend returned an error",
      "         RuntimeError: no compiler",
    ),
    "BUILD_STEP_FAILED",
    "packages[0]",
    /"pandas==2\.0" cannot be built from its source/,
  ],
])("what apt and uv print: %#", (recorded, code, path, message) => {
  const error = explain(recorded);
  expect(error.code).toBe(code);
  expect(error.message).toMatch(message);
  expect(error.problems).toMatchObject([{ code, path }]);
});

const E20 = "failed to solve with frontend dockerfile.v0: failed to create LLB definition: ";
const metadata = "[internal] load metadata for ";
const reg = "127.0.0.1:40375/library/debian:bookworm-slim";
const E28 = `${reg}: failed to resolve source metadata for ${reg}: `;
const head =
  "unexpected status from HEAD request to http://127.0.0.1:40375/v2/library/debian/manifests/bookworm-slim: ";

it.each<[string, string, string]>([
  ["not there, 20.10", `${E20}${reg}: not found`, "BASE_NOT_FOUND"],
  ["not there", `${E28}${reg}: not found`, "BASE_NOT_FOUND"],
  ["not for the platform, 20.10", `${E20}no match for platform in manifest sha256:6d34: not found`, "BASE_NOT_FOUND"],
  ["not for the platform", `${E28}no match for platform in manifest: not found`, "BASE_NOT_FOUND"],
  [
    "401, 20.10",
    `${E20}pulling from host 127.0.0.1:40375 failed with status code [manifests bookworm-slim]: 401 Unauthorized`,
    "REGISTRY_AUTH",
  ],
  ["401", `${E28}${head}401 Unauthorized`, "REGISTRY_AUTH"],
  [
    "403, 20.10",
    `${E20}pulling from host 127.0.0.1:40375 failed with status code [manifests bookworm-slim]: 403 Forbidden`,
    "REGISTRY_DENIED",
  ],
  ["403", `${E28}${head}403 Forbidden\ndenied: injected by the fault proxy`, "REGISTRY_DENIED"],
  ["429", `${E28}${head}429 Too Many Requests`, "REGISTRY_RATE_LIMITED"],
  ["500", `${E28}${head}500 Internal Server Error`, "REGISTRY_ERROR"],
  [
    "500, 20.10",
    `${E20}pulling from host 127.0.0.1:40375 failed with status code [manifests bookworm-slim]: 500 Internal Server Error`,
    "REGISTRY_ERROR",
  ],
  [
    "refused",
    `${E28}failed to do request: Head "https://127.0.0.1:1/v2/library/debian/manifests/bookworm-slim": dial tcp 127.0.0.1:1: connect: connection refused`,
    "REGISTRY_DOWN",
  ],
  [
    "no such host, 20.10",
    `${E20}failed to do request: Head "https://nosuch.invalid/v2/library/debian/manifests/bookworm-slim": dial tcp: lookup nosuch.invalid on 10.255.255.53:53: no such host`,
    "REGISTRY_DOWN",
  ],
])("a base: %s", (_name, message, code) => {
  const vertexError = message.replace(E20, "").replace(E28, "");
  const error = explain({ message, vertex: `${metadata}${reg}`, vertexError });
  expect(error.code).toBe(code);
  expect(error.message).toContain(`"${reg}"`);
  expect(error.message).not.toContain("failed to solve");
});

it.each<[string, string]>([
  ["denied: injected by the fault proxy", "REGISTRY_DENIED"],
  ["unauthorized: authentication required", "REGISTRY_AUTH"],
  ["unknown: injected by the fault proxy", "REGISTRY_ERROR"],
  ["toomanyrequests: injected by the fault proxy", "REGISTRY_RATE_LIMITED"],
  [
    'failed commit on ref "config-sha256:cefb": failed to do request: Put "http://127.0.0.1:42941/v2/rec/pushcut/blobs/uploads/4a32?_state=secretive&digest=sha256%3Acefb": read tcp 127.0.0.1:53362->127.0.0.1:42941: read: connection reset by peer',
    "REGISTRY_DOWN",
  ],
  ['failed commit on ref "manifest-sha256:1d86": got digest sha256:6292, expected sha256:1d86', "DIGEST_MISMATCH"],
])("a push: %s", (said, code) => {
  const error = explain({
    message: `failed to push 127.0.0.1:42941/rec/image: ${said}`,
    vertex: "exporting to image",
  });
  expect(error).toMatchObject({ code, details: { registry: "127.0.0.1:42941" } });
  expect(error.message).not.toContain("_state");
});

it.each([
  ["20.10", `${E20}dockerfile parse error line 2: unknown instruction: RUNN`],
  ["28.5", "dockerfile parse error on line 2: unknown instruction: RUNN (did you mean RUN?)"],
])("a Dockerfile of ours that is not understood, %s", (_name, message) => {
  const error = explain({ message });
  expect(error.code).toBe("INTERNAL");
  expect(error.message).toContain("line 2");
});

it.each([
  ["20.10", 'failed to compute cache key: "/missing.txt" not found: not found', '"/missing.txt" not found: not found'],
  [
    "28.5",
    'failed to compute cache key: failed to calculate checksum of ref 553e381c-1590::b06w2zfb6gsum: "/missing.txt": not found',
    'failed to calculate checksum of ref 553e381c-1590::b06w2zfb6gsum: "/missing.txt": not found',
  ],
])("a file that is missing, %s", (_name, message, vertexError) => {
  const error = explain({ message, vertexError, vertex: "[5/5] COPY missing.txt /x" });
  expect(error.message).toBe('step "source" failed: "/missing.txt" not found');
});

it.each([
  ["20.10", "secret token not found: not found"],
  ["28.5", "secret token: not found"],
])("a secret without a value, %s", (_name, message) => {
  expect(explain({ message, vertex: run7 })).toMatchObject({ code: "SPEC_VALUE", problems: [{ path: "secrets[0]" }] });
});

it.each<[Recorded, string]>([
  [{ message: "error reading from server: EOF", grpcCode: 14 }, "ENGINE_LOST"],
  [{ message: "no active session for x: context deadline exceeded" }, "ENGINE_LOST"],
  [{ message: "write /var/lib/docker/x: no space left on device", vertex: run7 }, "DISK_FULL"],
  [{ message: "resource exhausted", grpcCode: 8 }, "DISK_FULL"],
  [{ message: "granting entitlement network.host is not allowed by build daemon configuration" }, "ENGINE_UNSUPPORTED"],
  [{ message: 'exporter "image" could not be found' }, "ENGINE_UNSUPPORTED"],
  [{ message: "something new" }, "BUILD_FAILED"],
])("the daemon itself: %o", (recorded, code) => {
  expect(explain(recorded).code).toBe(code);
});

it("a connection that breaks", () => {
  const progress = createProgress({ emit: () => undefined, text, steps, daemon: "unix:///d.sock" });
  const broken = (code: string) => new SolveError("x", { cause: Object.assign(new Error("x"), { code }) });
  expect(progress.explain(broken("ECONNRESET"))).toMatchObject({ code: "ENGINE_LOST" });
  expect(progress.explain(broken("ENOENT"))).toMatchObject({ code: "ENGINE_DOWN" });
  expect(progress.explain(new SolveError("the connection to the daemon ended in the middle of a call"))).toMatchObject({
    code: "ENGINE_LOST",
  });
});

it("what is an error of ours already stays what it is", () => {
  const progress = createProgress({ emit: () => undefined, text, steps });
  const aborted = new ImageSpecError("ABORTED", "the operation was aborted");
  expect(progress.explain(aborted)).toBe(aborted);
  expect(progress.explain(new SolveError("x", { cause: aborted }))).toBe(aborted);
});
