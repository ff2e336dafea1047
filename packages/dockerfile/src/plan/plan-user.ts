import { ImageSpecError } from "@imagespec/errors";
import type { PlannedUser } from "./plan-state.ts";

/** The user of the image contract. */
export const contractUser = { name: "imagespec", id: 65_532, home: "/home/imagespec" } as const;

/** The spec's user, else one of the base that is not root, else `imagespec`. @throws BASE_UNSUPPORTED */
export function planUser(wanted: string | undefined, baseUser: string): PlannedUser {
  if (!/^[A-Za-z0-9_.$:@-]*$/.test(baseUser)) {
    const hint = "choose another base, or give the base image another user";
    throw new ImageSpecError("BASE_UNSUPPORTED", `the base image has the user ${JSON.stringify(baseUser)}`, { hint });
  }
  const keepsBase = !isRoot(baseUser);
  if (keepsBase && (wanted === undefined || wanted === baseUser))
    return { name: baseUser, owner: ownerOf(baseUser), isAdded: false };
  const name = wanted ?? contractUser.name;
  return { name, owner: ownerOf(name), isAdded: !keepsBase };
}

/** A number without a group means the group 0, as it does where the image is run; for names it is looked up in the image. */
function ownerOf(user: string): string {
  if (user === contractUser.name) return `${contractUser.id}:${contractUser.id}`;
  if (user === "root") return "0:0";
  return /^\d+$/.test(user) ? `${user}:0` : user;
}

/** Whether the owner is known without looking into the image: what `COPY --link` needs. */
export function isNumeric(owner: string): boolean {
  return /^\d+:\d+$/.test(owner);
}

export function isRoot(user: string): boolean {
  return ["", "0", "root"].includes(user.split(":")[0] ?? "");
}
