import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { run, succeeds } from "./command.mjs";

/** Bridges of one stack share this prefix; interface names end at 15 characters. */
export function bridgePrefix(folder) {
  return `is${createHash("sha256").update(folder.root).digest("hex").slice(0, 5)}-`;
}

/**
 * A bridge with a subnet of its own and the three rules its containers need. The daemons run with `--iptables=false`, so that
 * none of them touches another's chains or those of a Docker the machine already has.
 */
export async function ensureBridge(folder, state, id) {
  const name = `${bridgePrefix(folder)}${id}`;
  state.subnets ??= {};
  if (!(await succeeds(["ip", "link", "show", name]))) {
    // Another stack may have taken it while the bridge was gone.
    const { [id]: earlier, ...others } = state.subnets;
    state.subnets[id] = await freeSubnet(Object.values(others), earlier);
    await run(["ip", "link", "add", name, "type", "bridge"]);
  }
  const subnet = state.subnets[id];
  await run(["ip", "addr", "replace", `${subnet}.1/24`, "dev", name]);
  await run(["ip", "link", "set", name, "up"]);
  writeFileSync("/proc/sys/net/ipv4/ip_forward", "1");
  await ensureRule("nat", "-A", ["POSTROUTING", "-s", `${subnet}.0/24`, "!", "-o", name, "-j", "MASQUERADE"]);
  await ensureRule("filter", "-I", ["FORWARD", "-i", name, "-j", "ACCEPT"]);
  await ensureRule("filter", "-I", ["FORWARD", "-o", name, "-j", "ACCEPT"]);
  return name;
}

/** The address of a bridge on the machine: a server that listens there or everywhere is seen under it from the containers. */
export function bridgeAddress(state, id) {
  return `${state.subnets[id]}.1`;
}

async function ensureRule(table, operation, rule) {
  if (await succeeds(["iptables", "-w", "-t", table, "-C", ...rule])) return;
  await run(["iptables", "-w", "-t", table, operation, ...rule]);
}

/** The first three bytes of a /24 that no route of the machine and no other engine uses; the preferred one if it is free. */
async function freeSubnet(taken, preferred) {
  const routes = await run(["ip", "-4", "route", "show", "table", "all"]);
  const candidates = Array.from({ length: 240 }, (_, index) => `10.209.${index + 10}`);
  for (const subnet of preferred ? [preferred, ...candidates] : candidates) {
    if (!taken.includes(subnet) && !routes.includes(`${subnet}.`)) return subnet;
  }
  throw new Error("no free subnet in 10.209.0.0/16");
}

/** Removes the stack's bridges and every rule that names one. */
export async function removeBridges(folder) {
  const prefix = bridgePrefix(folder);
  if (await succeeds(["iptables", "--version"])) {
    for (const table of ["filter", "nat"]) {
      for (const line of (await run(["iptables", "-w", "-t", table, "-S"])).split("\n")) {
        if (!line.startsWith("-A ") || !line.includes(` ${prefix}`)) continue;
        await run(["iptables", "-w", "-t", table, "-D", ...line.split(" ").slice(1)]);
      }
    }
  }
  if (!(await succeeds(["ip", "-V"]))) return [];
  const links = JSON.parse((await run(["ip", "-j", "link", "show"])) || "[]");
  const names = links.map((link) => link.ifname).filter((name) => name.startsWith(prefix));
  for (const name of names) await run(["ip", "link", "delete", name]);
  return names;
}

/** MTU of the interface of the default route; a bridge with a larger one loses packets in silence. */
export async function defaultMtu() {
  const [route] = JSON.parse((await run(["ip", "-j", "-4", "route", "show", "default"])) || "[]");
  return route?.dev ? Number(readFileSync(`/sys/class/net/${route.dev}/mtu`, "utf8")) : 1500;
}
