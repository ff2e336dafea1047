import { readFile } from "node:fs/promises";
import path from "node:path";
import { unpackZip } from "../../shared/unpack.ts";
import type { CloudServices } from "../cloud-services-adapter.ts";
import type { BuildView } from "./build-view.ts";
import { PhaseFailure } from "./phase-failure.ts";

/**
 * Puts the primary source into the folder: a ZIP is unpacked, every other object is handed over as the file that it is.
 *
 * @throws PhaseFailure CLIENT_ERROR when it cannot be had
 */
export async function downloadSource(view: BuildView, services: CloudServices, folder: string): Promise<void> {
  const { type, location = "" } = view.source;
  if (type === "NO_SOURCE") return;
  if (type !== "S3") throw new PhaseFailure("INTERNAL_ERROR", `the test-bed has no source of type "${type}"`, "FAULT");
  const [bucket = "", ...rest] = location.replace(/^arn:aws[\w-]*:s3:::/, "").split("/");
  const key = rest.join("/");
  const file = path.join(folder, path.basename(key));
  const version = view.sourceVersion || undefined;
  try {
    await services.downloadObject({ bucket, key, versionId: version }, file);
  } catch (error) {
    // The SDK's errors carry what the answer said.
    const {
      name,
      message,
      $metadata: answer,
    } = error as Error & { $metadata?: { httpStatusCode?: number; requestId?: string } };
    const request = `status code: ${answer?.httpStatusCode}, request id: ${answer?.requestId}`;
    throw new PhaseFailure(
      "CLIENT_ERROR",
      `${name}: ${message} ${request} for primary source and source version ${version ?? ""}`,
    );
  }
  if (!key.endsWith(".zip")) return;
  try {
    await unpackZip(file, folder);
  } catch (error) {
    throw new PhaseFailure("CLIENT_ERROR", `cannot unpack ${location}: ${(error as Error).message}`);
  }
}

/** The buildspec's text: what the source says, or the file that it names. */
export async function buildspecText(view: BuildView, folder: string): Promise<string> {
  const named = view.source.buildspec ?? "buildspec.yml";
  if (/[\n:{]/.test(named)) return named;
  try {
    return await readFile(path.join(folder, named), "utf8");
  } catch {
    throw new PhaseFailure("YAML_FILE_ERROR", `stat ${path.join(folder, named)}: no such file or directory`);
  }
}
