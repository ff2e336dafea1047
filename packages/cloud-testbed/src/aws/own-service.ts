/** Who sent a request. */
export interface Caller {
  /** Of the signature; empty when the request has none. */
  readonly accessKeyId: string;
}

/** A service of the test-bed's own, by operation. */
export interface OwnService {
  /** @throws AwsError what the service refuses */
  call(operation: string, input: Readonly<Record<string, unknown>>, caller: Caller): Promise<unknown> | unknown;
}
