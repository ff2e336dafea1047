export type { ZipDamage } from "./damage-zip.ts";
export { damageZip } from "./damage-zip.ts";
export type { WheelFixture, ZipFixture } from "./make-wheel.ts";
export { makeWheel, makeZip } from "./make-wheel.ts";
export type { IndexFixture, IndexServer } from "./serve-index.ts";
export { serveIndex } from "./serve-index.ts";
