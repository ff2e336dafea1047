import type { Emulation } from "./emulation.ts";

/** `/etc/hosts` and `/etc/networks`; engines put their own hosts file over it at run time. */
export const netbase: Emulation = ({ tree }) => {
  if (!tree.has("etc/hosts")) {
    tree.writeFile(
      "etc/hosts",
      "127.0.0.1\tlocalhost\n::1\t\tlocalhost ip6-localhost ip6-loopback\nff02::1\t\tip6-allnodes\nff02::2\t\tip6-allrouters\n\n",
    );
  }
  if (!tree.has("etc/networks")) {
    tree.writeFile("etc/networks", "default\t\t0.0.0.0\nloopback\t127.0.0.0\nlink-local\t169.254.0.0\n\n");
  }
};

/** UTC; Debian 12 also writes its name. */
export function tzdata(options: { readonly timezoneFile: boolean }): Emulation {
  return ({ tree }) => {
    tree.writeLink("etc/localtime", "/usr/share/zoneinfo/Etc/UTC");
    if (options.timezoneFile) tree.writeFile("etc/timezone", "Etc/UTC\n");
  };
}

export const readlineCommon: Emulation = ({ tree }) => tree.copyFile("usr/share/readline/inputrc", "etc/inputrc");

export const libcBin: Emulation = ({ tree }) => tree.copyFile("usr/share/libc-bin/nsswitch.conf", "etc/nsswitch.conf");

export const bash: Emulation = ({ tree }) => {
  if (!tree.has("usr/bin/sh")) tree.writeLink("usr/bin/sh", "bash");
};

/** Folders for local packages and the marker that py3compile reads; bytecode is left out. */
export function pythonMinimal(minor: string): Emulation {
  return ({ tree }) => {
    tree.addDirectory(`usr/local/lib/python${minor}/dist-packages`);
    tree.addDirectory("var/lib/python");
    tree.touch(`var/lib/python/python${minor}_installed`);
  };
}

export const pamModules: Emulation = ({ tree }) => {
  tree.touch("etc/security/opasswd", { mode: 0o600 });
  tree.touch("etc/environment");
};

export const login: Emulation = ({ tree }) => {
  for (const file of ["var/log/faillog", "etc/subuid", "etc/subgid"]) tree.touch(file);
};

export const fontconfig: Emulation = ({ tree }) => tree.addDirectory("var/cache/fontconfig");

/** Slight hinting and no bitmap fonts: the defaults of the debconf questions. */
export function fontconfigConfig(options: {
  readonly bitmaps: string;
  readonly localFonts: { readonly mode: number; readonly gid: number };
}): Emulation {
  return ({ tree }) => {
    for (const file of ["10-hinting-slight.conf", options.bitmaps]) {
      const link = `etc/fonts/conf.d/${file}`;
      if (!tree.has(link)) tree.writeLink(link, `/usr/share/fontconfig/conf.avail/${file}`);
    }
    tree.addDirectory("usr/local/share/fonts", options.localFonts);
  };
}
