import { createHash, randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import type { ImageSpecInput } from "@imagespec/core";
import { type ImageSpecError, messageOf } from "@imagespec/errors";
import type { ConformanceCase } from "../conformance-case.ts";
import { findFileLeaks, findImageLeaks, findReferrerLeaks, formsOf, holds } from "../find-leaks.ts";
import type { Session } from "../session/session.ts";
import { textOf } from "../session/stored-image.ts";
import type { Trial, TrialOptions } from "../session/trial.ts";

const group = "secrets";
const user = "conf";
const hint = "keep secrets out of layers, config, history, labels, logs and errors; read them by request.secret alone";

export const secretCases: readonly ConformanceCase[] = [
  {
    group,
    id: "index-login",
    title: "uses a login of the package index without a trace",
    needs: ["secret-env"],
    async run(session) {
      const password = newSecret();
      const { url } = await loginIndex(session, password);
      const login = `${user}:${encodeURIComponent(password)}`;
      const input = { packages: ["conf-alpha"], pipIndex: url.replace("://", `://${login}@`) };
      await expectNoTrace(session, password, input);
    },
  },
  {
    group,
    id: "netrc-env",
    title: "uses a netrc file out of a variable without a trace",
    needs: ["secret-env"],
    async run(session) {
      const password = newSecret();
      const { url, netrc } = await loginIndex(session, password);
      await expectNoTrace(session, password, netrcSpec(url, { env: "CONF_NETRC" }), { env: { CONF_NETRC: netrc } });
    },
  },
  {
    group,
    id: "netrc-file",
    title: "uses a netrc file from disk without a trace",
    needs: ["secret-file"],
    async run(session) {
      const password = newSecret();
      const { url, netrc } = await loginIndex(session, password);
      const file = path.join(await session.folder("secrets"), "netrc");
      await writeFile(file, netrc);
      await expectNoTrace(session, password, netrcSpec(url, { file }));
    },
  },
  {
    group,
    id: "command",
    title: "gives a command its secret without a trace",
    needs: ["commands", "secret-env"],
    async run(session) {
      const breaches = session.breaches();
      const secret = newSecret('it\'s $HOME "quoted" \\');
      const input: ImageSpecInput = {
        commands: [
          // Caches of build steps do not look at secrets: a step of its own for each run.
          { run: `: ${newSecret()}; sha256sum < /run/secrets/conf-secret > /conf-seen`, secrets: ["conf-secret"] },
          { run: "if [ -e /run/secrets/conf-secret ]; then echo there; else echo gone; fi > /conf-other" },
        ],
        secrets: [{ id: "conf-secret", from: { env: "CONF_SECRET" }, steps: ["commands[0]"] }],
      };
      const trial = await expectNoTrace(session, secret, input, { env: { CONF_SECRET: secret } });
      if (trial.result === undefined) return;
      const { files } = await session.stored({ ...trial, result: trial.result });
      const seen = textOf(files, "/conf-seen")?.split(" ")[0];
      const wanted = createHash("sha256").update(secret).digest("hex");
      breaches.check(seen === wanted, seen === undefined ? "the command saw nothing" : "the command saw another value");
      breaches.check(
        textOf(files, "/conf-other")?.trim() === "gone",
        "a command that was not given the secret sees it",
      );
      breaches.check(!files.has("/run/secrets/conf-secret"), "/run/secrets/conf-secret is a file of the image");
      breaches.end("mount secrets for exactly the steps that asked for them");
    },
  },
  {
    group,
    id: "failure",
    title: "fails without telling a secret",
    needs: ["secret-env"],
    async run(session) {
      const password = newSecret();
      const { url } = await loginIndex(session, password);
      const input = { packages: ["conf-not-there"], pipIndex: url.replace("://", `://${user}:${password}@`) };
      await expectNoTrace(session, password, input, { fails: true });
    },
  },
];

function newSecret(extra = ""): string {
  return `conf${randomBytes(9).toString("hex")}${extra}`;
}

async function loginIndex(
  session: Session,
  password: string,
): Promise<{ readonly url: string; readonly netrc: string }> {
  const { loginIndexUrl } = await session.environment();
  const url = await loginIndexUrl(`${user}:${password}`);
  return { url, netrc: `machine ${new URL(url).hostname}\nlogin ${user}\npassword ${password}\n` };
}

function netrcSpec(pipIndex: string, from: { readonly env: string } | { readonly file: string }): ImageSpecInput {
  const secrets = [{ id: "conf-netrc", from, steps: ["packages"] as const, target: "/root/.netrc" }];
  return { packages: ["conf-alpha"], pipIndex, secrets };
}

async function expectNoTrace(
  session: Session,
  secret: string,
  input: ImageSpecInput,
  { fails = false, ...options }: TrialOptions & { readonly fails?: boolean } = {},
): Promise<Trial> {
  const breaches = session.breaches();
  const forms = formsOf(secret, user);
  const since = Date.now() - 1;
  const trial = fails ? await session.trial(input, options) : await session.built(input, options);
  await trial.observed.builds[0]?.settled;
  if (fails) breaches.check(trial.error !== undefined, "succeeds where it has to fail");
  for (const { type, ...rest } of trial.events) {
    breaches.check(!holds(JSON.stringify(rest), forms), `an event "${type}" tells the secret`);
  }
  for (const error of [trial.error, trial.observed.builds[0]?.error]) {
    breaches.check(!holds(errorText(error), forms), "the error tells the secret");
  }
  if (trial.result !== undefined) {
    const image = await session.stored({ ...trial, result: trial.result });
    const leaks = [
      ...(await findImageLeaks(image, forms)),
      ...(trial.output === "registry" ? await findReferrerLeaks(image.source, image, forms) : []),
    ];
    for (const leak of leaks) breaches.add(`the secret stands in ${leak}`);
  }
  for (const file of await findFileLeaks(trial.cacheFolder, forms, since)) {
    breaches.add(`the secret stands in the file ${file} of the cache folder`);
  }
  breaches.end(hint);
  return trial;
}

/** All that is printed of an error, its causes included. */
function errorText(error: unknown): string {
  const texts: string[] = [];
  for (let current = error; current instanceof Error; current = current.cause) {
    // toJSON is there where it is an ImageSpecError.
    const json = (current as Partial<ImageSpecError>).toJSON?.() ?? {};
    texts.push(messageOf(current), current.stack ?? "", JSON.stringify(json));
  }
  return texts.join("\n");
}
