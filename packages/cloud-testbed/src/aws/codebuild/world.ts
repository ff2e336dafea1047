import type { RoleSession } from "../cloud-services-adapter.ts";
import type { Build } from "./build.ts";
import type { BuildMachine } from "./build-machine.ts";
import type { Slots } from "./slots.ts";

/** What builds stand on. */
export interface CodeBuildWorld {
  readonly region: string;
  readonly accountId: string;
  /** Where CodeBuild itself finds S3, STS, Logs, Secrets Manager and Parameter Store. */
  readonly backingUrl: string;
  /** As CodeBuild itself. */
  assumeRole(arn: string, sessionName: string): Promise<RoleSession>;
  /** What a minute of a time limit lasts. */
  readonly minuteMs: number;
  readonly delays: { readonly queuedMs: number; readonly provisioningMs: number; readonly finalizingMs: number };
  readonly slots: Slots;
  /** Of the builds that run, by their id: what the container credentials endpoint gives them. */
  readonly sessions: Map<string, RoleSession>;
  /** Puts the tools of the build image on a machine, and gives the variables that CodeBuild sets. */
  equip(build: Build, machine: BuildMachine): Promise<Readonly<Record<string, string>>>;
}
