export type { CollectGarbageOptions, CollectGarbageResult } from "./collect-garbage.ts";
export { collectGarbage } from "./collect-garbage.ts";
export type { RegistryHandler } from "./create-registry-handler.ts";
export { createRegistryHandler } from "./create-registry-handler.ts";
export type {
  RegistryAuthOptions,
  RegistryHandlerOptions,
  RegistryRequestEntry,
  RegistryServerOptions,
} from "./options.ts";
export type { RegistryServer } from "./start-registry-server.ts";
export { startRegistryServer } from "./start-registry-server.ts";
