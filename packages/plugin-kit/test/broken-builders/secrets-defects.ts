import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ImageSpecError } from "@imagespec/errors";
import { type BrokenBuilder, claims, fake, leaks, text } from "./broken-builder.ts";

/** Builders that break what the suite says about secrets and reference. */
export const secretsDefects: readonly BrokenBuilder[] = [
  {
    defect: "puts a secret into the environment",
    caughtBy: "secrets/index-login",
    says: /the secret stands in the config/,
    create: leaks(async (secret) => ({
      config: (config) => ({ ...config, Env: [...(config.Env ?? []), `LOGIN=${secret}`] }),
    })),
  },
  {
    defect: "puts a secret into a layer",
    caughtBy: "secrets/netrc-env",
    says: /the secret stands in the file \/root\/\.netrc/,
    create: leaks(async (secret) => ({ entries: (list) => [...list, text("root/.netrc", `password ${secret}`)] })),
  },
  {
    defect: "keeps a secret in its cache, in base64",
    caughtBy: "secrets/netrc-file",
    says: /the secret stands in the file .*login of the cache folder/,
    create: leaks(async (secret, { cacheFolder }) => {
      await writeFile(join(cacheFolder, "login"), Buffer.from(`conf:${secret}`).toString("base64"));
      return {};
    }),
  },
  {
    defect: "claims secrets for commands",
    caughtBy: "secrets/command",
    says: /the command saw nothing/,
    create: claims("commands"),
  },
  {
    defect: "tells a secret in the cause of an error",
    caughtBy: "secrets/failure",
    says: /the error tells the secret/,
    create: leaks(async (secret) => ({
      during(step) {
        if (step !== "layers" && step !== "resolve") return;
        const cause = new Error(`401 for conf:${secret}`);
        throw new ImageSpecError("SPEC_PACKAGE_NOT_FOUND", "no package", { hint: "look", cause });
      },
    })),
  },
  {
    defect: "makes another image than the reference",
    caughtBy: "reference/full",
    says: /the variable EXTRA is "1" from fake, not set from/,
    create: fake({ config: (config) => ({ ...config, Env: [...(config.Env ?? []), "EXTRA=1"] }) }),
  },
  {
    defect: "makes another image of next to nothing",
    caughtBy: "reference/bare",
    says: /\/app\/extra is there from fake alone/,
    create: fake({ entries: (list) => (list.length === 0 ? list : [...list, text("app/extra", "x")]) }),
  },
  {
    defect: "makes another image for another user",
    caughtBy: "reference/workdir",
    says: /User is "imagespec" from fake, "0:0" from/,
    create: fake({ config: (config) => ({ ...config, User: "imagespec" }) }),
  },
  {
    defect: "makes images that nobody else recognises",
    caughtBy: "reference/same-tag",
    says: /no fingerprint label/,
    create: fake({ config: ({ Labels: _none, ...config }) => config }),
  },
];
