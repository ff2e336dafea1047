import { ImageSpecError } from "@imagespec/errors";
import type { RunnableImage } from "./runnable-image.ts";
import type { RunRequest } from "./runner.ts";

/** A program with its environment and folder, as an image's configuration and a request make it. */
export interface Program {
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly workdir: string;
  /** `name`, `uid`, `name:group` …; empty means root. */
  readonly user: string;
}

const defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** What a container of the image runs: the rules of `docker run`. @throws SPEC_VALUE when the image does not say and nobody else does */
export function programOf(
  { config, reference }: Pick<RunnableImage, "config" | "reference">,
  { args, entrypoint, env }: Pick<RunRequest, "args" | "entrypoint" | "env">,
): Program {
  const {
    Entrypoint: own = [],
    Cmd: defaults = [],
    Env: variables = [],
    WorkingDir: workdir = "",
    User: user = "",
  } = config.config ?? {};
  const start = entrypoint === undefined ? own : [entrypoint];
  // Another entrypoint has no use for the arguments of the image's.
  const rest = args.length > 0 ? args : entrypoint === undefined ? defaults : [];
  const command = [...start, ...rest];
  if (command.length === 0) {
    throw new ImageSpecError("SPEC_VALUE", `"${reference}" has neither entrypoint nor cmd`, {
      hint: "name a program: imagespec run … -- python -m train",
    });
  }
  const inherited = Object.fromEntries(
    variables.map((pair) => {
      const split = pair.indexOf("=");
      return split === -1 ? [pair, ""] : [pair.slice(0, split), pair.slice(split + 1)];
    }),
  );
  return { command, env: { PATH: defaultPath, ...inherited, ...env }, workdir: workdir === "" ? "/" : workdir, user };
}
