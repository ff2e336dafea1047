import type { BuildRequest, ResolvedImageSpec } from "@imagespec/core";
import type { ContainerConfig } from "@imagespec/oci";

const usualPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** Whether a base has a user of its own that images keep; that of the contract is everybody's. */
export function keepsBaseUser({ User = "" }: ContainerConfig): boolean {
  return !["", "0", "root", "imagespec"].includes(User.split(":")[0] ?? "");
}

/** The configuration of an image: the base's, with the contract's and the spec's on top. */
export function imageConfig(
  spec: ResolvedImageSpec,
  request: Pick<BuildRequest, "env" | "labels">,
  base: ContainerConfig,
  hasVenv: boolean,
): ContainerConfig {
  const { Entrypoint, Cmd, Env = [], Labels, OnBuild: _never, ...inherited } = base;
  const variables = new Map(
    Env.map((line) => {
      const at = line.indexOf("=");
      return at < 0 ? ([line, ""] as const) : ([line.slice(0, at), line.slice(at + 1)] as const);
    }),
  );
  if (hasVenv) {
    const folders = (variables.get("PATH") ?? usualPath).split(":").filter((folder) => folder !== "/opt/venv/bin");
    variables.set("PATH", ["/opt/venv/bin", ...folders].join(":"));
    variables.set("VIRTUAL_ENV", "/opt/venv");
  }
  for (const [name, value] of Object.entries({ ...spec.env, ...request.env })) variables.set(name, value);
  const entrypoint = spec.entrypoint ?? Entrypoint ?? [];
  const cmd = spec.cmd ?? (spec.entrypoint === undefined ? (Cmd ?? []) : []);
  return {
    ...inherited,
    User: spec.user ?? (keepsBaseUser(base) ? (base.User ?? "") : "imagespec"),
    WorkingDir: spec.workdir,
    Env: [...variables].map(([name, value]) => `${name}=${value}`),
    ...(entrypoint.length === 0 ? {} : { Entrypoint: entrypoint }),
    ...(cmd.length === 0 ? {} : { Cmd: cmd }),
    Labels: { ...Labels, ...spec.labels, ...request.labels },
  };
}
