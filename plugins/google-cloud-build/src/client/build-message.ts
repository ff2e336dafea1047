/** `{ seconds }`, as protobuf writes a length of time: a number of seconds would be read as none. */
export interface DurationMessage {
  readonly seconds: number;
}

/** One step of a build: `args` of the image's entrypoint, or a `script`; never both. */
export interface StepMessage {
  readonly id: string;
  /** The image that the step runs in. */
  readonly name: string;
  readonly args?: readonly string[];
  readonly script?: string;
  readonly env?: readonly string[];
  readonly secretEnv?: readonly string[];
}

/** The fields of `google.devtools.cloudbuild.v1.Build` that are sent; enums by name. */
export interface BuildMessage {
  readonly source: {
    readonly storageSource: {
      readonly bucket: string;
      readonly object: string;
      /** Pins the object's content. */
      readonly generation: string;
      readonly sourceFetcher: "GCS_FETCHER";
    };
  };
  readonly steps: readonly StepMessage[];
  /** Pushed when all steps are done. */
  readonly images?: readonly string[];
  readonly tags: readonly string[];
  readonly timeout: DurationMessage;
  readonly queueTtl: DurationMessage;
  /** `gs://bucket/folder` */
  readonly logsBucket?: string;
  /** `projects/P/serviceAccounts/EMAIL` */
  readonly serviceAccount?: string;
  readonly availableSecrets?: {
    readonly secretManager: readonly { readonly versionName: string; readonly env: string }[];
  };
  readonly options: {
    readonly machineType?: string;
    readonly diskSizeGb?: number;
    readonly pool?: { readonly name: string };
    readonly logging: "GCS_ONLY" | "CLOUD_LOGGING_ONLY" | "NONE";
    readonly logStreamingOption?: "STREAM_ON";
    readonly substitutionOption: "ALLOW_LOOSE";
  };
}
