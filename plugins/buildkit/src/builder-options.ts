import path from "node:path";
import { ImageSpecError } from "@imagespec/errors";
import type { BuildkitBuilderOptions } from "./buildkit-builder-options.ts";

const choices = {
  transport: ["auto", "grpc", "buildx"],
  dialect: ["auto", "base", "modern"],
  compression: ["gzip", "zstd", "none"],
  network: ["default", "none", "host"],
} as const;

const address =
  /^(?:(?:unix|npipe|tcp|https?|ssh|docker-container|podman-container|kube-pod|nerdctl-container):\/\/\S+|fd:\/\/\S*)$/;

/** Checks the options of the factory. @throws CONFIG_INVALID */
export function assertOptions(options: BuildkitBuilderOptions): void {
  for (const [name, allowed] of Object.entries(choices)) {
    // The name is one of the options: `choices` is keyed by them.
    const value: unknown = options[name as keyof typeof choices];
    if (value !== undefined && !(allowed as readonly unknown[]).includes(value))
      throw invalid(name, value, "not one of its values", `use one of: ${allowed.join(", ")}`);
  }
  const { host, hosts, builder, transport, stallTimeoutMs, cacheFolder, compressionLevel } = options;
  for (const [name, value] of [["host", host] as const, ...(hosts ?? []).map((each) => ["hosts", each] as const)]) {
    if (value !== undefined && !address.test(value))
      throw invalid(
        name,
        value,
        "not an address",
        "write it like unix:///run/buildkit/buildkitd.sock or tcp://host:1234",
      );
  }
  if (hosts !== undefined && hosts.length === 0)
    throw invalid("hosts", "[]", "empty", "name at least one address, or leave it out");
  const places = [host && "host", hosts && "hosts", builder && "builder"].filter((name) => name !== undefined);
  if (places.length > 1)
    throw invalid(places[1] ?? "", "given", `in conflict with "${places[0]}"`, "keep one of host, hosts and builder");
  if (builder !== undefined && transport === "grpc")
    throw invalid("transport", transport, 'in conflict with "builder"', "leave it out: builders belong to buildx");
  if (stallTimeoutMs !== undefined && !(Number.isFinite(stallTimeoutMs) && stallTimeoutMs > 0))
    throw invalid("stallTimeoutMs", stallTimeoutMs, "not a number of milliseconds", "write a positive number");
  if (compressionLevel !== undefined && !Number.isInteger(compressionLevel))
    throw invalid("compressionLevel", compressionLevel, "not a whole number", "write one, such as 3");
  for (const [name, file] of Object.entries({ cacheFolder, ...options.tls })) {
    if (name !== "serverName" && file !== undefined && !path.isAbsolute(file))
      throw invalid(name, file, "not an absolute path", "write the path from the root of the file system");
  }
}

function invalid(name: string, value: unknown, problem: string, hint: string): ImageSpecError {
  return new ImageSpecError(
    "CONFIG_INVALID",
    `option "${name}" of the builder "buildkit" is "${String(value)}", ${problem}`,
    { hint },
  );
}
