import { abortedError, ImageSpecError, systemCodeOf, throwIfAborted } from "@imagespec/errors";
import { onAbort } from "../transport/on-abort.ts";
import type { Credentials } from "./credentials.ts";
import { credentialsFrom } from "./docker-config-file.ts";

export interface CredentialHelperOptions {
  /** Part of the program's name: `ecr-login` for `docker-credential-ecr-login`. */
  readonly name: string;
  /** Server as the helper knows it: `ghcr.io`, `https://index.docker.io/v1/`. */
  readonly server: string;
  /** File that names the helper, for messages. */
  readonly file: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal?: AbortSignal | undefined;
  /** @default 60000 */
  readonly timeoutMs?: number | undefined;
}

interface HelperOutput {
  readonly code: number | null;
  readonly stdout: string;
}

const outputLimit = 1024 * 1024;
/** What helpers print when they have nothing (docker-credential-helpers, `credentials/error.go`). */
const nothing = /credentials not found|no credentials server URL|no credentials username/i;

/** Asks `docker-credential-<name> get`; `undefined` when it has nothing for the server. @throws CREDENTIALS */
export async function askCredentialHelper(options: CredentialHelperOptions): Promise<Credentials | undefined> {
  const { code, stdout } = await run(options);
  if (code !== 0) {
    if (nothing.test(stdout)) return undefined;
    throw helperError(options, `ended with exit code ${code}: ${stdout.trim().slice(0, 300)}`);
  }
  return parseAnswer(options, stdout);
}

function parseAnswer(options: CredentialHelperOptions, stdout: string): Credentials | undefined {
  let answer: unknown;
  try {
    answer = JSON.parse(stdout);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    // The parser's own message quotes the text, which holds secrets.
    throw helperError(options, "did not answer with JSON");
  }
  const fields: Partial<Record<"Username" | "Secret", unknown>> =
    typeof answer === "object" && answer !== null ? answer : {};
  const { Username: username, Secret: secret } = fields;
  if (typeof username !== "string" || typeof secret !== "string")
    throw helperError(options, "answered without Username and Secret");
  return username === "" && secret === "" ? undefined : credentialsFrom(username, secret);
}

async function run(options: CredentialHelperOptions): Promise<HelperOutput> {
  const { env, name, server, signal, timeoutMs = 60_000 } = options;
  // Not every client meets a helper, and the module costs start-up time.
  const { spawn } = await import("node:child_process");
  throwIfAborted(signal);
  return new Promise((resolve, reject) => {
    const child = spawn(`docker-credential-${name}`, ["get"], {
      env,
      stdio: ["pipe", "pipe", "ignore"],
      windowsHide: true,
    });
    const stop = (error: ImageSpecError): void => {
      reject(error);
      child.kill("SIGKILL");
    };
    const timer = setTimeout(() => stop(helperError(options, `did not answer within ${timeoutMs} ms`)), timeoutMs);
    const stopListening = onAbort(signal, () => stop(abortedError(signal)));
    const finish = (): void => {
      clearTimeout(timer);
      stopListening();
    };

    let stdout = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
      if (stdout.length > outputLimit) stop(helperError(options, "answered with more than 1 MiB"));
    });
    child.once("error", (error) => {
      finish();
      reject(
        systemCodeOf(error) === "ENOENT" ? missing(options, error) : helperError(options, "cannot be started", error),
      );
    });
    child.once("close", (code) => {
      finish();
      resolve({ code, stdout });
    });
    // A helper that ends without reading closes the pipe; its exit code tells more than EPIPE does.
    child.stdin.on("error", () => {});
    child.stdin.end(server);
  });
}

function missing(options: CredentialHelperOptions, cause: Error): ImageSpecError {
  return helperError(
    options,
    "is not installed",
    cause,
    `install docker-credential-${options.name}, or remove it from "${options.file}"`,
  );
}

function helperError(
  options: CredentialHelperOptions,
  problem: string,
  cause?: Error,
  hint = `run "docker-credential-${options.name} get" by hand, with "${options.server}" as its input`,
): ImageSpecError {
  const message = `the credential helper "docker-credential-${options.name}" for "${options.server}" ${problem}`;
  return new ImageSpecError("CREDENTIALS", message, {
    hint,
    ...(cause === undefined ? {} : { cause }),
    details: { helper: options.name, server: options.server, file: options.file },
  });
}
