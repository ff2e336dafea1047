/** What a builder can do. Ids are for ever. */
export const capabilities = [
  "apt-packages",
  "conda-packages",
  "commands",
  "sdists",
  "cuda",
  "python-exec",
  "other-python",
  "base-image",
  "debian-base",
  "scratch-base",
  "onbuild",
  "runtime-packages",
  "bytecode",
  "profile-flytekit",
  "multi-platform",
  "emulation",
  "reproducible",
  "output-registry",
  "output-local-store",
  "output-oci-layout",
  "output-docker-archive",
  "output-engine",
  "secret-env",
  "secret-file",
  "secret-aws",
  "secret-google",
] as const;

/** An id of {@link capabilities}. */
export type Capability = (typeof capabilities)[number];
