import type { RunnableImage } from "./runnable-image.ts";

/** What is to be run in an image. */
export interface RunRequest {
  /** In place of the image's `Cmd`, when there are any. */
  readonly args: readonly string[];
  /** In place of the image's `Entrypoint`. */
  readonly entrypoint: string | undefined;
  /** Over the image's environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Folder with the runtime packages, as seen from this machine. */
  readonly runtimeFolder: string | undefined;
  /** Where images are unpacked. */
  readonly cacheFolder: string;
  readonly signal: AbortSignal;
  /** Gives the program the signals that this process receives, until disposed. */
  readonly handOver: (program: { kill(signal: NodeJS.Signals): unknown }) => Disposable;
  /** Says what is being prepared. */
  readonly onProgress: (message: string) => void;
}

/** A way of running an image on this machine. */
export interface Runner {
  readonly name: "docker" | "podman" | "linux";
  /** For people: "Docker", "a chroot". */
  readonly title: string;
  /** Runs with this process's input and output; resolves to the exit code of the program. */
  run(image: RunnableImage, request: RunRequest): Promise<number>;
}

/** Why a way of running images is closed. */
export interface Refusal {
  readonly name: Runner["name"];
  readonly reason: string;
  /** Starts with a verb. */
  readonly hint: string;
}
