import { formatRelations, type RelationGroup } from "./relation.ts";

/** A dependency that is deliberately not followed, because only a maintainer script or dpkg itself needs it. */
interface UnfollowedEdge {
  readonly from: string | RegExp;
  /** Every alternative of the dependency has to be one of these names. */
  readonly to: readonly string[];
  readonly reason: string;
}

const anyPackage = /^/;
const scriptsOnly = "only its maintainer scripts use it, and none is run";

/**
 * Each edge was read and justified by itself. Never drop `dpkg` for every package: dpkg-dev needs the program.
 * What is omitted by mistake is found by the verifier of the finished tree.
 */
const unfollowed: readonly UnfollowedEdge[] = [
  {
    from: "ca-certificates",
    to: ["openssl"],
    reason: "only update-ca-certificates runs it; the links it makes are emitted",
  },
  {
    from: /^(ca-certificates|tzdata|fontconfig-config)$/,
    to: ["debconf", "debconf-2.0", "cdebconf"],
    reason: scriptsOnly,
  },
  { from: "base-files", to: ["awk"], reason: "the root set decides whether there is an awk" },
  { from: /^(dash|perl-base|perl|perl-modules-5\.\d+)$/, to: ["dpkg"], reason: "an ordering for upgrades by dpkg" },
  { from: /^(readline-common|grep|gzip)$/, to: ["dpkg", "install-info"], reason: "info files are not indexed" },
  { from: anyPackage, to: ["usrmerge", "usr-is-merged"], reason: "the tree is merged when it is written" },
  { from: "procps", to: ["init-system-helpers"], reason: "registers an init script; there is no init" },
  {
    from: "openssh-client",
    to: ["adduser", "passwd", "init-system-helpers"],
    reason: "the group _ssh and user units are not made; ssh-agent stays without setgid",
  },
];

/** Why a dependency is not followed, or undefined when it is. */
export function unfollowedReason(from: string, group: RelationGroup): string | undefined {
  return unfollowed.find(
    (edge) =>
      (typeof edge.from === "string" ? edge.from === from : edge.from.test(from)) &&
      group.every(({ name }) => edge.to.includes(name)),
  )?.reason;
}

/** Line of a lock for a dependency that was not followed. */
export function formatUnfollowed(from: string, group: RelationGroup, reason: string): string {
  return `${from}: ${formatRelations(group)} (${reason})`;
}
