import type { DoctorCheck } from "@imagespec/core";
import { isImageSpecError } from "@imagespec/errors";
import { caText, createDownloader, indexAccess } from "@imagespec/resolver";
import { settingsOf } from "./context-options.ts";

const pypi = "https://pypi.org/simple";

/** Whether the package index answers. */
export const indexCheck: DoctorCheck = {
  name: "assemble: package index",
  async run(context) {
    const settings = settingsOf(context);
    const spec = { pipIndex: undefined, pipExtraIndexUrl: [], indexCredentials: [], secrets: [] };
    try {
      const access = await indexAccess(spec, settings, async () => "");
      const url = new URL(`${(access.defaultIndex ?? pypi).replace(/\/+$/, "")}/pip/`);
      const downloader = createDownloader({ ca: await caText(settings.caFile), attempts: 2, timeoutMs: 10_000 });
      try {
        const accept = "application/vnd.pypi.simple.v1+json, text/html;q=0.5";
        await downloader.text(url.href, {
          accept,
          loginFor: (asked) => access.loginFor(asked),
          signal: context.signal,
        });
      } finally {
        await downloader.close();
      }
      return [{ status: "ok", message: `the package index "${url.origin}" answers` }];
    } catch (error) {
      if (!isImageSpecError(error)) throw error;
      return [{ status: "error", message: error.message, hint: error.hint ?? "check the index and the network" }];
    }
  },
};
