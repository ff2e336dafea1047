/** The content to be uploaded could not be read: not a failure of the network, so nothing is retried. */
export class ContentFailure extends Error {
  constructor(cause: unknown) {
    super("the content to upload could not be read", { cause });
  }
}
