/** Who owns the files of a user. */
export interface UserIds {
  readonly uid: number;
  readonly gid: number;
}

/** The user of the image contract. */
const contractUser: UserIds = { uid: 65_532, gid: 65_532 };

/** The ids behind a user as a config names it, where they are known without the image's files: the contract's user, root, numbers. */
export function userIds(user: string): UserIds | undefined {
  if (user === "imagespec") return contractUser;
  if (["root", "0", "root:root", "0:0"].includes(user)) return { uid: 0, gid: 0 };
  // A number without a group has the group that /etc/passwd says, if it says any.
  const [, uid, gid] = /^(\d{1,10}):(\d{1,10})$/.exec(user) ?? [];
  if (uid === undefined || gid === undefined) return undefined;
  const ids = { uid: Number(uid), gid: Number(gid) };
  return Math.max(ids.uid, ids.gid) < 0xffff_ffff ? ids : undefined;
}
