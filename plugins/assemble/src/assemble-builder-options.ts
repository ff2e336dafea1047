/** Options of the builder `assemble`. None of them changes the image. */
export interface AssembleBuilderOptions {
  /** Absolute folder of layers, base facts and resolutions. @default a folder `assemble` in the engine's cache */
  readonly cacheFolder?: string;
  /** Path of uv. @default `IMAGESPEC_UV`, else the one on `PATH`, else one that is fetched */
  readonly uv?: string;
  /** URLs of the Debian archive, without `dists/`. @default deb.debian.org */
  readonly debian?: { readonly main?: string; readonly security?: string };
  /**
   * URL in whose place that of the releases of python-build-standalone stands, for Pythons that a base lacks.
   * @default `UV_PYTHON_INSTALL_MIRROR`
   */
  readonly pythonMirror?: string;
  /**
   * A repository of layers by what they were made from, shared by machines: `{ repository: "ghcr.io/acme/layers" }`. What it has
   * is taken without its wheels; with `write` what is made here is added. Whoever may write to it decides what goes into
   * images: let that be CI alone. @default none; `write` false
   */
  readonly layerIndex?: { readonly repository: string; readonly write?: boolean };
  /** Package index for specs that name none. @default the one that uv or pip is configured for by environment, else PyPI */
  readonly index?: string;
}
