import type { ImageProfile } from "./image-spec-input.ts";
import { profileLayout } from "./profile-layout.ts";

/** Folders that belong to the system: as a workdir they stay as they are. */
const systemFolders: ReadonlySet<string> = new Set(
  (
    " bin boot dev etc home lib lib64 media mnt opt proc root run sbin srv sys tmp" +
    " usr usr/bin usr/lib usr/local usr/local/bin usr/local/lib usr/src var var/lib var/tmp"
  ).split(" "),
);

/**
 * Whether a workdir is a folder of its own, which is given to the user of the image; `/` and folders of the system are not, but
 * for the one that a profile has by itself.
 */
export function isOwnWorkdir(workdir: string, profile: ImageProfile = "imagespec"): boolean {
  if (workdir === profileLayout(profile).workdir) return true;
  const parts = workdir.split("/").filter((part) => part !== "" && part !== ".");
  return !systemFolders.has(parts.join("/"));
}
