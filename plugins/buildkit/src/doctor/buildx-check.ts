import type { DoctorCheck } from "@imagespec/core";
import { execa } from "execa";
import { optionsOf } from "./context-options.ts";

/** Whether `docker buildx` is there: only needed for named builders and addresses that nothing else can dial. */
export const buildxCheck: DoctorCheck = {
  name: "buildkit: docker buildx",
  async run(context) {
    const { builder, transport } = optionsOf(context);
    const isNeeded = builder !== undefined || transport === "buildx";
    const { exitCode, stdout } = await execa("docker", ["buildx", "version"], {
      env: context.env,
      extendEnv: false,
      reject: false,
      timeout: 10_000,
      cancelSignal: context.signal,
    });
    const version = /\bv?\d+\.\d+\S*/.exec(stdout ?? "")?.[0];
    if (exitCode === 0 && version !== undefined)
      return [{ status: "ok", message: `docker buildx ${version} is there` }];
    const hint = "install the buildx plugin of docker, or leave the options builder and transport out";
    const message = "docker buildx is not installed";
    if (isNeeded) return [{ status: "error", message, hint }];
    return [{ status: "ok", message: `${message}: it is only needed for its own builders and for ssh addresses` }];
  },
};
