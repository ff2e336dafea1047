import type { SecureClientSessionOptions } from "node:http2";

/**
 * What both ends of our HTTP/2 connections ask for. Windows are large, since one stream carries nearly everything. The limits on
 * headers are, too: the names of files come as one header each, and the details of an error (with the Dockerfile in them) as one
 * long one; Node.js stops at 128 headers and 64 kB.
 */
export const http2Options: Pick<SecureClientSessionOptions, "settings" | "maxHeaderListPairs" | "maxSessionMemory"> = {
  settings: { initialWindowSize: 8 * 2 ** 20, maxHeaderListSize: 16 * 2 ** 20, enablePush: false },
  maxHeaderListPairs: 2 ** 17,
  maxSessionMemory: 256,
};

/** Of the connection as a whole. */
export const connectionWindow: number = 16 * 2 ** 20;
