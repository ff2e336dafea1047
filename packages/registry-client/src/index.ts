export { chainCredentials } from "./auth/chain-credentials.ts";
export type { CredentialProvider, CredentialRequest, Credentials } from "./auth/credentials.ts";
export type { DockerConfigOptions } from "./auth/docker-config-credentials.ts";
export { dockerConfigCredentials } from "./auth/docker-config-credentials.ts";
export { staticCredentials } from "./auth/static-credentials.ts";
export type { CopyImageOptions, CopyImageResult, CopyProgress } from "./copy/copy-image.ts";
export { copyImage } from "./copy/copy-image.ts";
export { isBlobLoss } from "./copy/is-blob-loss.ts";
export type { ProbeResult } from "./probe.ts";
export type { RepositoryReference } from "./registry-client.ts";
export { RegistryClient } from "./registry-client.ts";
export type { OperationOptions, RegistryClientOptions, RetryInfo } from "./registry-client-options.ts";
export type { RegistryProvider } from "./registry-provider.ts";
export type { FetchedManifest, ManifestReference, Repository } from "./repository.ts";
export type { TransportOptions } from "./transport/create-transport.ts";
export { createTransport } from "./transport/create-transport.ts";
export { detectProxy } from "./transport/detect.ts";
export type { ProxySettings } from "./transport/proxy-settings.ts";
export type {
  ResponseBody,
  StreamBody,
  Transport,
  TransportRequest,
  TransportResponse,
} from "./transport/transport.ts";
