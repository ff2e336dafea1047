import { access, constants } from "node:fs/promises";
import path from "node:path";
import type { DoctorCheck } from "@imagespec/core";
import { systemCodeOf } from "@imagespec/errors";
import { settingsOf } from "./context-options.ts";

/** Whether there is a uv, or one has to be fetched. */
export const uvCheck: DoctorCheck = {
  name: "assemble: uv",
  async run(context) {
    const { uv, path: folders } = settingsOf(context);
    if (uv !== undefined) {
      if (await isExecutable(uv)) return [{ status: "ok", message: `uv is "${uv}"` }];
      return [{ status: "error", message: `"${uv}" cannot be run`, hint: "correct IMAGESPEC_UV or the option uv" }];
    }
    for (const folder of folders) {
      const candidate = path.join(folder, process.platform === "win32" ? "uv.exe" : "uv");
      if (await isExecutable(candidate)) return [{ status: "ok", message: `uv is "${candidate}"` }];
    }
    return [{ status: "ok", message: "uv is not installed: it is fetched by the first build that needs it" }];
  },
};

async function isExecutable(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK);
    return true;
  } catch (error) {
    if (systemCodeOf(error) === undefined) throw error;
    return false;
  }
}
