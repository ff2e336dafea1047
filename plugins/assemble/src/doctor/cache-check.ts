import { mkdir, mkdtemp, rm } from "node:fs/promises";
import path from "node:path";
import type { DoctorCheck } from "@imagespec/core";
import { systemCodeOf } from "@imagespec/errors";
import { defaultCacheFolder } from "@imagespec/image-store";
import { optionsOf } from "./context-options.ts";

/** Whether layers can be kept between builds. */
export const cacheCheck: DoctorCheck = {
  name: "assemble: cache",
  async run(context) {
    const folder = optionsOf(context).cacheFolder ?? path.join(defaultCacheFolder(context.env), "assemble");
    try {
      await mkdir(folder, { recursive: true });
      await rm(await mkdtemp(path.join(folder, "doctor-")), { recursive: true });
      return [{ status: "ok", message: `the cache "${folder}" can be written` }];
    } catch (error) {
      const code = systemCodeOf(error);
      if (code === undefined) throw error;
      const message = `the cache "${folder}" cannot be written: ${code}`;
      return [{ status: "error", message, hint: "set IMAGESPEC_CACHE_DIR to a folder that you can write to" }];
    }
  },
};
