import { digestOf, type ImageSource } from "@imagespec/oci";
import type { ImageFile } from "../contents/image-file.ts";
import { layerFiles } from "../contents/layer-files.ts";
import { readImage } from "../contents/read-image.ts";
import type { ImageSelector } from "../validate/validate-image.ts";
import { checkContainerConfig } from "./check-container-config.ts";
import { checkUser } from "./check-user.ts";
import { checkSourcePath, checkVenv } from "./check-venv.ts";
import type { ContractExpectation, ContractViolation } from "./expectation.ts";
import { Violations } from "./violations.ts";

/**
 * Checks an image of one platform against the image contract: what every builder's image looks like, and what was asked for.
 *
 * @returns every violation; nothing when the image keeps the contract
 * @throws IMAGE_NOT_FOUND when the image, or the platform of it, is not there
 */
export async function checkImageContract(
  source: ImageSource,
  reference: ImageSelector,
  expectation: ContractExpectation = {},
): Promise<readonly ContractViolation[]> {
  const violations = new Violations();
  const { config } = await readImage(source, reference, expectation.platform);
  const files = await layerFiles(source, reference, {
    ...(expectation.platform === undefined ? {} : { platform: expectation.platform }),
    keepContent: (path, size) => size < 1 << 20 && /^\/etc\/(passwd|group)$|\.pth$/.test(path),
  });
  const workdir = expectation.workdir ?? "/app";
  checkContainerConfig(violations, config, expectation);
  checkVenv(violations, files, expectation);
  checkSourcePath(violations, files, workdir);
  if (expectation.user === undefined) checkUser(violations, files, workdir);
  checkSource(violations, files, workdir, expectation);
  if (expectation.epoch !== undefined) checkTimes(violations, files, workdir, expectation.epoch);
  return violations.list;
}

function checkSource(
  violations: Violations,
  files: ReadonlyMap<string, ImageFile>,
  workdir: string,
  { source = {}, absent = [] }: ContractExpectation,
): void {
  const below = (name: string) => `${workdir.replace(/\/$/, "")}/${name}`;
  for (const [name, content] of Object.entries(source)) {
    const file = files.get(below(name));
    const fits = file?.digest === digestOf(content);
    const message = file === undefined ? `${below(name)} is not there` : `${below(name)} has other bytes`;
    violations.check(fits, "source-bytes", message);
  }
  for (const name of absent) violations.check(!files.has(below(name)), "source-absent", `${below(name)} is there`);
}

function checkTimes(
  violations: Violations,
  files: ReadonlyMap<string, ImageFile>,
  workdir: string,
  epoch: number,
): void {
  const ours = [...files].filter(([path]) => path.startsWith("/opt/venv/") || path.startsWith(`${workdir}/`));
  const others = ours.filter(([, file]) => file.mtime !== epoch);
  const example = others[0] === undefined ? "" : `${others[0][0]} at ${others[0][1].mtime}`;
  violations.check(others.length === 0, "mtime", `${others.length} files carry another time, such as ${example}`);
}
