/** How the arguments of a step become a command line, as the entry point of its image would make it. */
export type EntryPoint = (args: readonly string[]) => readonly string[];

const dockerCommands = [
  ...[
    "attach",
    "build",
    "builder",
    "buildx",
    "commit",
    "container",
    "context",
    "cp",
    "create",
    "diff",
    "events",
    "exec",
  ],
  ...["export", "history", "image", "images", "import", "info", "inspect", "kill", "load", "login", "logout", "logs"],
  ...["manifest", "network", "ps", "pull", "push", "rename", "rm", "rmi", "run", "save", "start", "stop", "system"],
  ...["tag", "version", "volume", "wait"],
];
const docker: EntryPoint = (args) => ["docker", ...args];
const none: EntryPoint = (args) => args;
const orShell =
  (shell: string): EntryPoint =>
  (args) =>
    args[0] === undefined || args[0].startsWith("-") ? [shell, ...args] : args;

/**
 * Images that are not run as such: their steps find this machine's programs and the stack's docker client. Every other image is
 * pulled and run by the stack's engine.
 */
const known: Readonly<Record<string, EntryPoint>> = {
  "gcr.io/cloud-builders/docker": docker,
  // Its entry point puts "docker" before what is a command of it, and runs everything else as it stands.
  docker: (args) =>
    args[0] === undefined || args[0].startsWith("-") || dockerCommands.includes(args[0]) ? docker(args) : args,
  bash: orShell("bash"),
  busybox: none,
  debian: none,
  ubuntu: none,
  "gcr.io/cloud-builders/curl": (args) => ["curl", ...args],
};

/** The entry point of an image that stands for programs of this machine. */
export function knownEntryPoint(image: string): EntryPoint | undefined {
  const name = image.replace(/@sha256:[0-9a-f]{64}$/, "").replace(/:[\w.-]+$/, "");
  const short = name.replace(/^(?:docker\.io|mirror\.gcr\.io)\//, "").replace(/^library\//, "");
  return Object.hasOwn(known, short) ? known[short] : undefined;
}
