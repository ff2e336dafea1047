import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { launch } from "./launch.ts";

/** An instance of the stack's registry program that belongs to one test-bed. */
export interface RegistryProcess {
  readonly url: string;
  stop(): Promise<void>;
}

/** Starts Debian's docker-registry on a free port of loopback, with its content below the folder. */
export async function startRegistryProcess(folder: string): Promise<RegistryProcess> {
  const root = path.join(folder, "registry");
  await mkdir(root, { recursive: true });
  const config = path.join(root, "config.yml");
  const yaml = [
    "version: 0.1",
    "log: {level: info, accesslog: {disabled: true}}",
    `storage: {filesystem: {rootdirectory: ${path.join(root, "data")}}, delete: {enabled: true}}`,
    'http: {addr: "127.0.0.1:0", relativeurls: true, secret: test-bed}',
  ];
  await writeFile(config, `${yaml.join("\n")}\n`);
  let address: string | undefined;
  const launched = await launch({
    name: "docker-registry",
    argv: ["/usr/bin/docker-registry", "serve", config],
    // It takes a free port and says which.
    onLine: (line) => {
      address ??= /listening on (127\.0\.0\.1:\d+)/.exec(line)?.[1];
    },
    ready: () => address !== undefined,
  });
  return { url: `http://${address}`, stop: launched.stop };
}
