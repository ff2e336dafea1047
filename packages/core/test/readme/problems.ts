import { ImageSpec } from "@imagespec/core";
import { isImageSpecError } from "@imagespec/errors";

try {
  new ImageSpec({ packages: ["numpy=2"], pythonVersion: "2.7" });
} catch (error) {
  if (!isImageSpecError(error)) throw error;
  for (const { path, message, hint } of error.problems) console.log(`${path}: ${message}; ${hint}`);
}
