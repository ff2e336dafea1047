import type { Command } from "./command.ts";

interface CommandEntry {
  readonly summary: string;
  /** Imports the command: what one command needs, the others do not load. */
  readonly load: () => Promise<Command>;
}

/** The commands of this package, in the order in which help lists them. */
export const commands: ReadonlyMap<string, CommandEntry> = new Map<string, CommandEntry>([
  [
    "build",
    {
      summary: "make the images of spec files, unless they exist",
      load: async () => (await import("./commands/build.ts")).build,
    },
  ],
  [
    "plan",
    {
      summary: "say what a build would do and why, without doing it",
      load: async () => (await import("./commands/plan.ts")).plan,
    },
  ],
  [
    "lock",
    {
      summary: "pin the packages and base images of spec files in lock files",
      load: async () => (await import("./commands/lock.ts")).lock,
    },
  ],
  [
    "explain",
    {
      summary: "say which builder would build a spec, and what each one says",
      load: async () => (await import("./commands/explain.ts")).explain,
    },
  ],
  ["run", { summary: "run a program in an image", load: async () => (await import("./commands/run.ts")).run }],
  [
    "builders",
    {
      summary: "list the builders and plugins that are installed",
      load: async () => (await import("./commands/builders.ts")).builders,
    },
  ],
  [
    "registry",
    {
      summary: "serve an image registry from this machine",
      load: async () => (await import("./commands/registry.ts")).registry,
    },
  ],
  [
    "init",
    {
      summary: "write a first spec file for the project in this folder",
      load: async () => (await import("./commands/init.ts")).init,
    },
  ],
  [
    "doctor",
    {
      summary: "check what builds need on this machine",
      load: async () => (await import("./commands/doctor.ts")).doctor,
    },
  ],
  [
    "inspect",
    {
      summary: "show what an image is: platforms, layers, what it was made of",
      load: async () => (await import("./commands/inspect.ts")).inspect,
    },
  ],
  [
    "images",
    {
      summary: "list the images of the local store",
      load: async () => (await import("./commands/images.ts")).images,
    },
  ],
  [
    "push",
    {
      summary: "push an image of the local store to a registry",
      load: async () => (await import("./commands/push.ts")).push,
    },
  ],
  [
    "copy",
    {
      summary: "copy an image between registries, layouts, archives and the local store",
      load: async () => (await import("./commands/copy.ts")).copy,
    },
  ],
  [
    "load",
    {
      summary: "load an image into the Docker Engine",
      load: async () => (await import("./commands/load.ts")).load,
    },
  ],
  [
    "remove",
    {
      summary: "remove images from the local store",
      load: async () => (await import("./commands/remove.ts")).remove,
    },
  ],
  [
    "cache",
    {
      summary: "show, prune and verify the cache folder",
      load: async () => (await import("./commands/cache.ts")).cache,
    },
  ],
  [
    "logs",
    {
      summary: "show the logs of the last builds",
      load: async () => (await import("./commands/logs.ts")).logs,
    },
  ],
  [
    "config",
    {
      summary: "show the settings in force, and where each comes from",
      load: async () => (await import("./commands/config.ts")).config,
    },
  ],
  [
    "import",
    {
      summary: "say what a spec of flytekit means here",
      load: async () => (await import("./commands/import.ts")).importCommand,
    },
  ],
  [
    "schema",
    {
      summary: "print the JSON Schema of spec files or of the configuration",
      load: async () => (await import("./commands/schema.ts")).schema,
    },
  ],
  [
    "completion",
    {
      summary: "print the completion script of a shell",
      load: async () => (await import("./commands/completion.ts")).completion,
    },
  ],
  [
    "export",
    {
      summary: "write a spec as a Dockerfile",
      load: async () => (await import("./commands/export.ts")).exportCommand,
    },
  ],
]);
