import { readdir } from "node:fs/promises";
import { ImageSpecError } from "@imagespec/errors";

const pattern = /^(?:.+\.image|image|imagespec)\.ya?ml$/;

/**
 * The spec file of a folder: the only one called `*.image.yaml`, `image.yaml` or `imagespec.yaml`.
 *
 * @throws SPEC_FILE_MISSING when there is none, or several
 */
export async function findSpecFile(folder: string): Promise<string> {
  const names = (await readdir(folder)).filter((name) => pattern.test(name)).sort();
  const [only] = names;
  if (only === undefined) {
    throw new ImageSpecError("SPEC_FILE_MISSING", "this folder has no spec file, such as image.yaml", {
      hint: 'name a file, or write a first one with "imagespec init"',
      details: { folder },
    });
  }
  if (names.length > 1) {
    throw new ImageSpecError("SPEC_FILE_MISSING", `this folder has ${names.length} spec files, and none is named`, {
      hint: `name one or several of ${names.join(", ")}`,
      details: { folder, files: names },
    });
  }
  return only;
}
