/** What one build has to do, whatever tool does it. */
export interface BuildWork {
  /** `registry/repository`, without a tag. */
  readonly image: string;
  /** Tag that docker pushes under; buildx pushes by digest. */
  readonly tag: string;
  readonly platform: string;
  readonly buildArgs: Readonly<Record<string, string>>;
  /** Files of the archive that the Dockerfile mounts as secrets: nothing that is one. */
  readonly secretFiles: readonly { readonly id: string; readonly path: string }[];
  /** Secrets that the build's account reads from Secret Manager. */
  readonly secretVersions: readonly { readonly id: string; readonly version: string }[];
  /** Folder of the archive with the Dockerfile. */
  readonly contextFolder: string;
  /** Nothing of an earlier build is good enough, nor one that is under way. */
  readonly noCache: boolean;
  /** Whether the platform is none that Cloud Build's machines have. */
  readonly emulated: boolean;
  readonly source: { readonly bucket: string; readonly object: string; readonly generation: string };
}
