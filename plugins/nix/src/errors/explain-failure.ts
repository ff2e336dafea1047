import { type ErrorCode, ImageSpecError } from "@imagespec/errors";
import { nameOfPath } from "../process/log-line.ts";
import "./nix-errors.ts";

/** What is known of a program of Nix that failed. */
export interface NixFailure {
  readonly code: number | undefined;
  /** What Nix said, errors last, without colours. */
  readonly messages: readonly string[];
  /** Output of builds, with the name of the package in front. */
  readonly output: readonly string[];
}

interface Cause {
  readonly pattern: RegExp;
  readonly code: ErrorCode;
  readonly message: (match: RegExpExecArray) => string;
  readonly hint: string;
}

const causes: readonly Cause[] = [
  {
    pattern: /No space left on device/,
    code: "DISK_FULL",
    message: () => "no space is left on the disk of the Nix store or of its builds",
    hint: "free some: nix-collect-garbage removes what nothing refers to",
  },
  {
    pattern:
      /(?:a|required) '([\w-]+)'.*is required to build '([^']+)', but I am a '([\w-]+)'|Required system: '([\w-]+)'/s,
    code: "NIX_NO_BUILDER",
    message: ([, wanted, drv, own, other]) =>
      drv === undefined
        ? `no machine that Nix may use builds for "${other}"`
        : `"${nameOfPath(drv)}" has to be built on "${wanted}", and this machine is a "${own}"`,
    hint: "name a machine that does: option builders, such as ssh-ng://builder aarch64-linux; or a cache that has it",
  },
  {
    pattern: /(?:lacks a (?:valid )?signature|lacks a signature by a trusted key|is not signed by any of the keys)/,
    code: "NIX_SIGNATURE",
    message: () => "a binary cache offers a path without a signature by a trusted key",
    hint: "add the key of the cache to the option trustedPublicKeys",
  },
  {
    pattern:
      /(?:does not support|cannot (?:be used|enable)|requires?).*(?:sandbox|namespaces)|(?:unsharing|setting up a private mount namespace|creating (?:a )?user namespace|cloning builder process|unable to (?:fork|start) build process).*|while setting up the build environment: [^']*(?:mount|pivot_root|Operation not permitted)[^\n]*/i,
    code: "NIX_SANDBOX",
    message: ([text]) => `the sandbox cannot be set up on this machine: ${text}`,
    hint: "allow user namespaces here, use a machine that has them by option builders, or set allowUnsandboxed",
  },
  {
    pattern: /timed out after (\d+) seconds( of silence)?/,
    code: "BUILD_TIMEOUT",
    message: ([text]) => `a package ${text}`,
    hint: "raise the option timeoutSeconds or silenceSeconds, or find a binary cache that has it",
  },
  {
    pattern: /builder for '([^']+)' failed(?: with exit code (\d+)| due to signal [^;\n]+)?|Cannot build '([^']+)'/,
    code: "BUILD_STEP_FAILED",
    message: ([, drv, exit, other]) =>
      `"${nameOfPath(drv ?? other ?? "")}" could not be built${exit === undefined ? "" : `: its builder ended with exit code ${exit}`}`,
    hint: "read the end of its log; another pin may have a version that builds",
  },
];

/** The error for a realisation that failed. */
export function realiseError(failure: NixFailure): ImageSpecError {
  const { code, messages, output } = failure;
  const text = messages.join("\n");
  // What a derivation prints is its own: only what Nix says decides, and then the ends of both are shown.
  for (const cause of causes) {
    const match = cause.pattern.exec(text);
    if (match === null) continue;
    return nixError(cause.code, cause.message(match), cause.hint, failure);
  }
  if (/No space left on device/.test(output.join("\n")))
    return nixError("DISK_FULL", "no space is left on the disk that Nix builds on", "free some space", failure);
  if (code === 101)
    return nixError("BUILD_TIMEOUT", "a package took too long to build", "raise the option timeoutSeconds", failure);
  const last = messages.filter((line) => line.trim() !== "").at(-1) ?? `exit code ${code ?? "none"}`;
  return nixError(
    "BUILD_FAILED",
    `nix-store could not realise the packages: ${errorText(last)}`,
    "read the log",
    failure,
  );
}

/** The error for an evaluation that failed: what is not data here is a defect of the package set, or of its pin. */
export function evaluationError(failure: NixFailure, pin: string): ImageSpecError {
  const text = failure.messages.join("\n");
  const hashes = /(?:hash|store path) mismatch[^\n]*(?:[\s\S]*?specified:?\s+(\S+)[\s\S]*?got:?\s+(\S+))?/i.exec(text);
  if (hashes !== null) {
    const [, wanted, got] = hashes;
    const found = got === undefined ? "another hash than its pin says" : `the hash ${got} instead of ${wanted}`;
    return nixError(
      "NIX_PIN_MISMATCH",
      `the package set "${pin}" has ${found}`,
      "compute the pin anew: imagespec nix pin",
      failure,
    );
  }
  const down = /unable to download '([^']+)': ([^\n]+)/.exec(text);
  if (down !== null) {
    return nixError(
      "NIX_EVAL_FAILED",
      `the package set cannot be downloaded from "${down[1]}": ${down[2]}`,
      "check the network, or pin a folder of this machine",
      failure,
    );
  }
  const missing = /(?:getting status of|path) '([^']+)'(?:: No such file or directory| does not exist)/.exec(text);
  if (missing?.[1] === pin) {
    return nixError("NIX_EVAL_FAILED", `the package set "${pin}" is not there`, "correct the path of the pin", failure);
  }
  const tooOld = /requires Nix version >= ([\d.]+)|Nix version ([\d.]+) (?:or|is)/.exec(text);
  if (tooOld !== null) {
    const version = tooOld[1] ?? tooOld[2] ?? "";
    return nixError(
      "NIX_UNAVAILABLE",
      `the package set "${pin}" needs Nix ${version}`,
      "install a newer Nix, or pin an older package set",
      failure,
    );
  }
  const errors = failure.messages.filter((line) => /^\s*error:/.test(line));
  const last = errors.at(-1) ?? failure.messages.filter((line) => line.trim() !== "").at(-1) ?? "";
  return nixError(
    "NIX_EVAL_FAILED",
    `the package set "${pin}" cannot be evaluated: ${errorText(last)}`,
    "try another pin",
    failure,
  );
}

function errorText(line: string): string {
  return line.replace(/^\s*(?:error:\s*)+/, "").trim();
}

function nixError(
  code: ErrorCode,
  message: string,
  hint: string,
  { messages, output, code: exitCode }: NixFailure,
): ImageSpecError {
  return new ImageSpecError(code, message, {
    hint,
    details: { provider: "nix", exitCode: exitCode ?? null },
    logTail: [...output.slice(-20), ...messages.slice(-20)],
  });
}
