export type { IndexFixture, IndexServer, WheelFixture, ZipFixture } from "@imagespec/plugin-kit/wheels";
export { makeWheel, makeZip, serveIndex } from "@imagespec/plugin-kit/wheels";
export type { ZipDamage } from "./damage-zip.ts";
export { damageZip } from "./damage-zip.ts";
