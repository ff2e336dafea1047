import { spawn } from "node:child_process";
import { abortedError, ImageSpecError, throwIfAborted } from "@imagespec/errors";

export interface UvRun {
  readonly exitCode: number;
  readonly stdout: string;
  /** Progress and errors, without colours. */
  readonly stderr: string;
}

/** Settings of the user that must not change what a spec resolves to, and those about where and how to reach an index, which stay. */
const keptSettings =
  /^UV_(CACHE_DIR|DEFAULT_INDEX|INDEX|INDEX_URL|EXTRA_INDEX_URL|INDEX_\w+_(USERNAME|PASSWORD)|KEYRING_PROVIDER|NATIVE_TLS|SYSTEM_CERTS|HTTP_TIMEOUT|HTTP_RETRIES|INSECURE_HOST|OFFLINE|CONCURRENT_DOWNLOADS)$/;

/** The environment of a uv child process. Logins are in it, never among its arguments, which every process can read. */
export function uvEnvironment(
  env: Readonly<Record<string, string | undefined>>,
  index: {
    readonly defaultIndex: string | undefined;
    readonly extraIndexes: readonly string[];
    readonly loginUrls: readonly string[];
    readonly caFile: string | undefined;
  },
): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) {
    if (value === undefined || /^(VIRTUAL_ENV|CONDA_PREFIX|PYTHONPATH|PYTHONHOME)$/.test(name)) continue;
    if (!name.startsWith("UV_") || keptSettings.test(name)) kept[name] = value;
  }
  // uv asks them in this order.
  const extra = [...index.extraIndexes, kept["UV_EXTRA_INDEX_URL"] ?? env["PIP_EXTRA_INDEX_URL"] ?? ""]
    .join(" ")
    .trim();
  return {
    ...kept,
    // Without it uv may spend many seconds on trying to download an interpreter.
    UV_PYTHON_DOWNLOADS: "never",
    UV_NO_PROGRESS: "1",
    NO_COLOR: "1",
    ...(index.defaultIndex === undefined ? {} : { UV_DEFAULT_INDEX: index.defaultIndex }),
    ...(extra === "" ? {} : { UV_EXTRA_INDEX_URL: extra }),
    ...gitLogins(env, index.loginUrls),
    ...(index.caFile === undefined ? {} : { SSL_CERT_FILE: index.caFile }),
  };
}

/** Logins for the git that uv runs, as configuration in its environment; what is configured there stays. */
function gitLogins(
  env: Readonly<Record<string, string | undefined>>,
  urls: readonly string[],
): Readonly<Record<string, string>> {
  if (urls.length === 0) return {};
  const first = Number.parseInt(env["GIT_CONFIG_COUNT"] ?? "0", 10) || 0;
  const entries = urls.flatMap((url, index): [string, string][] => {
    const bare = new URL(url);
    bare.username = "";
    bare.password = "";
    return [
      [`GIT_CONFIG_KEY_${first + index}`, `url.${url}.insteadOf`],
      [`GIT_CONFIG_VALUE_${first + index}`, bare.href],
    ];
  });
  return { ...Object.fromEntries(entries), GIT_CONFIG_COUNT: String(first + urls.length) };
}

/** Runs uv to its end; the process is killed when the signal is triggered. @throws ABORTED, RESOLVER_UNAVAILABLE */
export function runUv(
  program: string,
  args: readonly string[],
  options: {
    readonly cwd: string;
    readonly env: Readonly<Record<string, string>>;
    readonly signal: AbortSignal;
    readonly onLog?: ((text: string) => void) | undefined;
  },
): Promise<UvRun> {
  throwIfAborted(options.signal);
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: options.cwd,
      env: options.env,
      stdio: ["ignore", "pipe", "pipe"],
      signal: options.signal,
      killSignal: "SIGKILL",
    });
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
      options.onLog?.(text);
    });
    child.once("error", (cause) => {
      reject(
        options.signal.aborted
          ? abortedError(options.signal)
          : new ImageSpecError("RESOLVER_UNAVAILABLE", `"${program}" could not be started: ${cause.message}`, {
              hint: "install uv and put it on PATH",
              cause,
            }),
      );
    });
    child.once("close", (code) => resolve({ exitCode: code ?? -1, stdout, stderr }));
  });
}
