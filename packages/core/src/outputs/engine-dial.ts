import { ImageSpecError } from "@imagespec/errors";
import type { EngineAddress } from "./detect.ts";
import { type EngineCertificates, readEngineCertificates } from "./engine-certificates.ts";

/** What `node:net`, `node:tls` and `node:http` need to connect. */
export type EngineDial =
  | { readonly kind: "socket"; readonly path: string }
  | { readonly kind: "tcp"; readonly host: string; readonly port: number }
  | {
      readonly kind: "tls";
      readonly host: string;
      readonly port: number;
      readonly tls: EngineCertificates & { readonly rejectUnauthorized?: false; readonly servername?: string };
    };

/**
 * How to connect to an address; reads its certificates. A TCP port that is not given is docker's: 2375, with TLS 2376.
 *
 * @throws ENGINE_UNSUPPORTED for an address of a kind that cannot be connected to, such as `ssh://`; CONFIG_INVALID for
 * certificates that cannot be read
 */
export async function engineDial(
  address: Pick<EngineAddress, "host" | "certificates" | "insecure" | "serverName">,
): Promise<EngineDial> {
  const { host: text, certificates, insecure, serverName } = address;
  const path = /^(?:unix|npipe):\/\/(.+)$/.exec(text)?.[1];
  if (path !== undefined) return { kind: "socket", path };
  const parts = /^(tcp|https?):\/\/(\[[^\]]+\]|[^:/]+)(?::(\d+))?\/?$/.exec(text);
  if (parts === null) {
    throw new ImageSpecError("ENGINE_UNSUPPORTED", `the engine address "${text}" is of a kind that cannot be used`, {
      hint: "give unix:///path, tcp://host:port or npipe:////./pipe/name, or forward the socket: ssh -L /tmp/docker.sock:/var/run/docker.sock HOST",
      details: { host: text },
    });
  }
  const [, scheme, name = "", port] = parts;
  const host = name.replace(/^\[|\]$/g, "");
  const isSecure = certificates !== undefined || insecure || scheme === "https";
  if (!isSecure) return { kind: "tcp", host, port: Number(port ?? 2375) };
  const material = typeof certificates === "string" ? await readEngineCertificates(certificates) : certificates;
  const tls = {
    ...material,
    ...(insecure ? { rejectUnauthorized: false as const } : {}),
    ...(serverName === undefined ? {} : { servername: serverName }),
  };
  return { kind: "tls", host, port: Number(port ?? 2376), tls };
}
