/** Name of the builder, as specs and the configuration write it. */
export const builderName = "google-cloud-build";
