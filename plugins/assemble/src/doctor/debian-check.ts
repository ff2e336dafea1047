import { createDebianFetcher, defaultDebianArchive } from "@imagespec/assembler";
import type { DoctorCheck } from "@imagespec/core";
import { isImageSpecError } from "@imagespec/errors";
import { caText, detectUvSettings } from "@imagespec/resolver";
import { debianArchive } from "../debian-archive.ts";
import { optionsOf } from "./context-options.ts";

const maxInRelease = 4 * 1024 * 1024;

/** Whether the Debian archive answers: only needed for Debian bases, so a failure is a warning. */
export const debianCheck: DoctorCheck = {
  name: "assemble: Debian archive",
  async run(context) {
    const fetch = createDebianFetcher({
      attempts: 2,
      timeoutMs: 10_000,
      ca: await caText(detectUvSettings(context.env).caFile),
    });
    try {
      const { main } = debianArchive(optionsOf(context).debian) ?? defaultDebianArchive;
      const options = { signal: context.signal, maxSize: maxInRelease };
      for await (const _ of await fetch(`${main}/dists/trixie/InRelease`, options)) {
        // The first bytes are the answer.
        break;
      }
      return [{ status: "ok", message: `the Debian archive "${main}" answers` }];
    } catch (error) {
      if (!isImageSpecError(error)) throw error;
      const hint = error.hint ?? "check the network, or set the option debian to a mirror";
      return [{ status: "warning", message: error.message, hint }];
    }
  },
};
