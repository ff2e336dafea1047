import type { Emulation } from "./emulation.ts";

const localFolders = ["", "/share", "/share/man", "/bin", "/games", "/lib", "/include", "/sbin", "/src", "/etc"];

/** Standard folders, profile, motd, login records, and the links of `/var/run` and `/var/lock`. */
export function baseFiles(options: { readonly libexec: boolean }): Emulation {
  return ({ tree }) => {
    const source = "usr/share/base-files";
    tree.copyFile(`${source}/dot.profile`, "root/.profile");
    tree.copyFile(`${source}/dot.bashrc`, "root/.bashrc");
    tree.copyFile(`${source}/profile`, "etc/profile");
    tree.copyFile(`${source}/motd`, "etc/motd");
    for (const folder of ["mnt", "srv", "opt", "etc/opt", "var/opt", "media"]) tree.addDirectory(folder);
    tree.addDirectory("var/mail", { mode: 0o2775, gid: 8 });
    if (!tree.has("var/spool/mail")) tree.writeLink("var/spool/mail", "../mail");
    tree.writeLink("var/run", "/run");
    tree.writeLink("var/lock", "/run/lock");
    tree.addDirectory("run/lock", { mode: 0o1777 });
    for (const folder of [...localFolders, ...(options.libexec ? ["/libexec"] : [])]) {
      tree.addDirectory(`usr/local${folder}`);
    }
    tree.writeLink("usr/local/man", "share/man");
    // Group utmp.
    tree.touch("var/log/wtmp", { mode: 0o664, gid: 43 });
    tree.touch("var/log/btmp", { mode: 0o660, gid: 43 });
    tree.touch("var/log/lastlog", { mode: 0o664, gid: 43 });
    if (tree.pathsBelow("usr/share/info").length > 0) tree.copyFile(`${source}/info.dir`, "usr/share/info/dir");
    if (tree.has("etc/dpkg/origins/debian")) tree.writeLink("etc/dpkg/origins/default", "debian");
  };
}
