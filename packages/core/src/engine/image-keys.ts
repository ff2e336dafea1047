/** Labels of image configs, and annotations of indexes, by which the engine knows its images again. */
export const imageKeys = {
  fingerprint: "dev.imagespec.fingerprint",
  contract: "dev.imagespec.contract",
  /** Compact JSON: field → first 8 digits of the sha256 over its content. Labels only. */
  fields: "dev.imagespec.fields",
} as const;
