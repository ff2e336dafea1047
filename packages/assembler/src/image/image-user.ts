import { type ProfileLayout, profileLayout } from "@imagespec/core";
import { ImageSpecError } from "@imagespec/errors";
import type { BaseFacts } from "../base/base-facts.ts";

/** The user of an image, and what has to be written for it. */
export interface ImageUser {
  /** For the config. */
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  /** New content of `/etc/passwd` and `/etc/group`, and a home; nothing when the base's user is kept. */
  readonly added: { readonly passwd: string; readonly group: string } | undefined;
}

/**
 * Decides who runs in the image: the spec's user, else a non-root user of the base where the profile keeps it, else the profile's.
 *
 * @throws BASE_UNSUPPORTED for a name that nobody in the image has
 */
export function imageUser(
  wanted: string | undefined,
  baseUser: string,
  facts: BaseFacts,
  layout: Pick<ProfileLayout, "user" | "keepsBaseUser"> = profileLayout("imagespec"),
): ImageUser {
  const keepsBase = layout.keepsBaseUser && !isRoot(baseUser);
  if (keepsBase && (wanted === undefined || wanted === baseUser))
    return { ...idsOf(baseUser, facts.passwd, facts.group), name: baseUser, added: undefined };
  const added = keepsBase ? undefined : addUser(facts, layout.user);
  const name = wanted ?? layout.user.name;
  return { ...idsOf(name, added?.passwd ?? facts.passwd, added?.group ?? facts.group), name, added };
}

function isRoot(user: string): boolean {
  return ["", "0", "root"].includes(user.split(":")[0] ?? "");
}

function addUser(
  { passwd, group }: BaseFacts,
  { name, id, home, shell }: ProfileLayout["user"],
): { readonly passwd: string; readonly group: string } {
  return {
    passwd: withLine(passwd ?? "root:x:0:0:root:/root:/bin/sh\n", name, `${name}:x:${id}:${id}::${home}:${shell}`),
    group: withLine(group ?? "root:x:0:\n", name, `${name}:x:${id}:`),
  };
}

/** Adds a line unless there is one of that name; a base made here has it. */
function withLine(text: string, name: string, line: string): string {
  if (text.split("\n").some((existing) => existing.startsWith(`${name}:`))) return text;
  return `${text === "" || text.endsWith("\n") ? text : `${text}\n`}${line}\n`;
}

function idsOf(user: string, passwd = "", group = ""): { readonly uid: number; readonly gid: number } {
  const [account = "", groupName] = user.split(":");
  const entry = lookUp(passwd, account);
  const uid = isNumber(account) ? idOf(account) : idOf(entry?.[2] ?? (account === "root" ? "0" : undefined));
  const own = idOf(entry?.[3] ?? "0");
  const gid =
    groupName === undefined ? own : isNumber(groupName) ? idOf(groupName) : idOf(lookUp(group, groupName)?.[2]);
  if (uid !== undefined && gid !== undefined) return { uid, gid };
  throw new ImageSpecError("BASE_UNSUPPORTED", `the base image has no user "${user}"`, {
    hint: "name a user that the base has, or give its number",
    problems: [{ code: "BASE_UNSUPPORTED", path: "user", message: `the base image has no user "${user}"` }],
  });
}

/** The line of a name, or of a number. */
function lookUp(text: string, account: string): readonly string[] | undefined {
  const lines = text.split("\n").map((line) => line.split(":"));
  return lines.find(([name]) => name === account) ?? lines.find((fields) => isNumber(account) && fields[2] === account);
}

/** What Linux takes: 32 bits, of which the highest number means "none". */
function idOf(text: string | undefined): number | undefined {
  return text !== undefined && isNumber(text) && Number(text) < 0xffff_ffff ? Number(text) : undefined;
}

function isNumber(text: string): boolean {
  return /^\d+$/.test(text);
}
