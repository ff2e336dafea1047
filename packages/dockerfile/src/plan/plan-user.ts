import { type ProfileLayout, profileLayout } from "@imagespec/core";
import { ImageSpecError } from "@imagespec/errors";
import type { PlannedUser } from "./plan-state.ts";

/** The spec's user, else one of the base that is not root where the profile keeps it, else the profile's. @throws BASE_UNSUPPORTED */
export function planUser(
  wanted: string | undefined,
  baseUser: string,
  layout: Pick<ProfileLayout, "user" | "keepsBaseUser"> = profileLayout("imagespec"),
): PlannedUser {
  const ownerOf = (user: string): string => ownerIn(layout.user, user);
  if (!/^[A-Za-z0-9_.$:@-]*$/.test(baseUser)) {
    const hint = "choose another base, or give the base image another user";
    throw new ImageSpecError("BASE_UNSUPPORTED", `the base image has the user ${JSON.stringify(baseUser)}`, { hint });
  }
  const keepsBase = layout.keepsBaseUser && !isRoot(baseUser);
  if (keepsBase && (wanted === undefined || wanted === baseUser))
    return { name: baseUser, owner: ownerOf(baseUser), isAdded: false };
  const name = wanted ?? layout.user.name;
  return { name, owner: ownerOf(name), isAdded: !keepsBase };
}

/** A number without a group means the group 0, as it does where the image is run; for names it is looked up in the image. */
function ownerIn({ name, id }: ProfileLayout["user"], user: string): string {
  if (user === name) return `${id}:${id}`;
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
