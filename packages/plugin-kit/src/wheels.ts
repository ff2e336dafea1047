export type { WheelFixture, ZipFixture } from "./wheels/make-wheel.ts";
export { makeWheel, makeZip } from "./wheels/make-wheel.ts";
export type { IndexFixture, IndexServer, IndexServerOptions } from "./wheels/serve-index.ts";
export { serveIndex } from "./wheels/serve-index.ts";
