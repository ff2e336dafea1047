/** Where an image goes. */
export type BuildOutput =
  | { readonly kind: "registry"; readonly registry: string; readonly repository: string; readonly tag: string }
  /** The user's image store, an OCI layout below the cache folder: the default without a registry. */
  | { readonly kind: "local-store" /** `name:tag` */; readonly name: string }
  | { readonly kind: "oci-layout" /** Absolute. */; readonly path: string; readonly name: string }
  /** A tar file for `docker load`. */
  | { readonly kind: "docker-archive" /** Absolute. */; readonly path: string; readonly name: string }
  /** The Docker Engine; host as in `DOCKER_HOST`. @default the local one */
  | { readonly kind: "engine"; readonly host: string | undefined; readonly name: string };
