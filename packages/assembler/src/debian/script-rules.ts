import { baseFiles } from "./emulation/base-files.ts";
import { basePasswd } from "./emulation/base-passwd.ts";
import { caCertificates } from "./emulation/ca-certificates.ts";
import {
  bash,
  fontconfig,
  fontconfigConfig,
  libcBin,
  login,
  netbase,
  pamModules,
  pythonMinimal,
  readlineCommon,
  tzdata,
} from "./emulation/configuration.ts";
import type { Emulation } from "./emulation/emulation.ts";
import { glib, procps } from "./emulation/guards.ts";
import { shells } from "./emulation/shells.ts";
import { gcc, gxx, xzUtils } from "./emulation/toolchain.ts";

export type MaintainerScriptName = "preinst" | "postinst";

/** A reviewed maintainer script: what it leaves behind after a fresh install. */
export interface ScriptRule {
  readonly script: MaintainerScriptName;
  /**
   * Hex SHA-256 of the residues (see `classifyMaintainerScript`) that were read and, those of amd64, compared with a run
   * of dpkg. Scripts that differ by architecture follow each other, amd64 first.
   */
  readonly residues: readonly string[];
  /** What the script is for, in a few words. */
  readonly what: string;
  readonly effect:
    | { readonly kind: "inert" }
    | { readonly kind: "emulate"; readonly run: Emulation }
    | { readonly kind: "decline" };
}

const inert = (script: MaintainerScriptName, what: string, ...residues: readonly string[]): ScriptRule => ({
  script,
  what,
  residues,
  effect: { kind: "inert" },
});

const emulate = (
  script: MaintainerScriptName,
  what: string,
  run: Emulation,
  ...residues: readonly string[]
): ScriptRule => ({
  script,
  what,
  residues,
  effect: { kind: "emulate", run },
});

/** Read, understood, and beyond emulation: it has to run a program. */
const decline = (script: MaintainerScriptName, what: string, ...residues: readonly string[]): ScriptRule => ({
  script,
  what,
  residues,
  effect: { kind: "decline" },
});

const upgradeOnly = "acts on upgrades only";
const restarts = "restarts services on upgrades";

/** Reviewed scripts by package. Whatever is not here is declined. */
export const scriptRules: Readonly<Record<string, readonly ScriptRule[]>> = {
  adduser: [inert("preinst", upgradeOnly, "be05ee12da7f84e523c17dd0bf6eed9a769b21a64ff9be225ddc9d3c5ba3fc4d")],
  apt: [
    inert(
      "postinst",
      "the user _apt is in base-passwd",
      "f8e9e1486a7310d7ce3eecc321229d37c1d6e49601413c540e1c2390e636e532",
    ),
  ],
  "base-files": [
    inert(
      "preinst",
      "checks that /usr is merged; diversions",
      "b77af74dedba95d100df948d6387b73e98c5e7a0bdc6bad74ca71828de36ba81",
      "e821bca79ecc37ba0d416bdd07e949c02fd12b59089f1455da2fa98b1c789fce",
    ),
    emulate(
      "postinst",
      "standard folders, profile, login records, links in /var",
      baseFiles({ libexec: false }),
      "5f9c2c1b94b38da2da440e680df031ef06f68fe91b0274eb85feb039c81f11dc",
    ),
    emulate(
      "postinst",
      "standard folders, profile, login records, links in /var",
      baseFiles({ libexec: true }),
      "7c1ef4179f3a89d8aa44c2a83a1fd9429b9f15bf273305f4c4c54bedbb64f7fa",
      "14d2797d2fc0c1a4227dc0e819c02a693dff29f654089a0f138e1936442e189b",
    ),
  ],
  "base-passwd": [
    inert(
      "preinst",
      "the masters as passwd and group while bootstrapping",
      "85529f1f4dcc523ba455b908028550db69a4a7c22eae5d7a6a8e51779db39f96",
    ),
    emulate(
      "postinst",
      "passwd and group",
      basePasswd({ subordinateIds: false }),
      "dfe0dabb2a954c33e0477d65cbfbe059312187e931c338a0405728cc6a6482c4",
    ),
    emulate(
      "postinst",
      "passwd, group, subuid and subgid",
      basePasswd({ subordinateIds: true }),
      "41cb037bac37ef3c0ed38152fc6dcd911cfeef0175a52fd27edf06369d612181",
    ),
  ],
  bash: [
    emulate(
      "postinst",
      "/bin/sh unless a package brings it",
      bash,
      "20baeefb030520715b52869bf00b77319a90e1592d1bf9e72f944696db09d09a",
    ),
  ],
  binutils: [inert("preinst", upgradeOnly, "74a41f881e4be24aaa2157a227a8d3dd6c04a4c7cd1a32619468d98414b02c0b")],
  "ca-certificates": [
    emulate(
      "postinst",
      "bundle, links by name and by subject",
      caCertificates,
      "1af9b9e91ff994895afa7dcbacc30c0f2a32acc1d2730f8c8164e46e0f94903c",
    ),
  ],
  coreutils: [
    inert(
      "postinst",
      "/usr/bin/touch exists where /usr is merged",
      "69839b0c650d4960edaa730357abf62424994e508ec0a3bc78045b2d38c21ebb",
    ),
  ],
  dash: [
    inert("preinst", upgradeOnly, "6a12cd544f73fcc707afdd0e8307b69902654177323a81ed83159501096bf40b"),
    inert(
      "postinst",
      "/bin/sh is shipped; diversions",
      "491b87e91c6a324c291ec6eb3d506aee67231ae51a4481ddfc57b590630c65a4",
      "e068d6e77a339abee5140354b4df785dbfe440ad917c221da160c61e181e64d7",
    ),
  ],
  debconf: [inert("postinst", "its own database", "9805cb9330d876f4b71ca52f862ac7ab33999f11da296103b262a30c081b0c80")],
  "debian-archive-keyring": [
    inert("postinst", upgradeOnly, "57a48ea4bcb61004e916815438782cca1d7498938a628d582f9797e716c4d022"),
  ],
  debianutils: [
    emulate("postinst", "/etc/shells", shells, "3d629fba5cd1836a83b52a6f89d1fb116dc42718e0d9eee5f33008d54ea9f287"),
  ],
  dpkg: [
    inert(
      "postinst",
      "repairs of older databases; a timer",
      "1a55652ae133780e834210985ac7773099ecc9ec3376823a7fe4ba5ee0f0c399",
      "eb7839b8e7712a3bbe4cd5663ca4567948b7931615e68f869daf9656325a8282",
    ),
  ],
  fontconfig: [
    emulate(
      "postinst",
      "cache folder; the cache is made on first use",
      fontconfig,
      "47148a22d44104df2cde2c6db09bc5f6a78c469fb2c1e17ec333960bc797152b",
    ),
  ],
  "fontconfig-config": [
    emulate(
      "postinst",
      "links for hinting and bitmaps",
      fontconfigConfig({ bitmaps: "70-no-bitmaps.conf", localFonts: { mode: 0o2775, gid: 50 } }),
      "2e897572966bece3898a743d53617f1b54c3ff67f89c031f704e944a5363717c",
    ),
    emulate(
      "postinst",
      "links for hinting and bitmaps",
      fontconfigConfig({ bitmaps: "70-no-bitmaps-except-emoji.conf", localFonts: { mode: 0o755, gid: 0 } }),
      "8cdc989c8f63beed48d3d9c8ff24c486a015764cf13920bd317e6a2f6776d6cf",
    ),
  ],
  "g++": [emulate("postinst", "c++", gxx, "10e4e5d404fa14a448481051c0c1f5229f5fab783e14dd8eb50ce4fc0e6a31e5")],
  gcc: [emulate("postinst", "cc", gcc, "7296dfc7090bcd0a4844c2fb4bc89f3c9d6e2ff562bb1bfe6e19875136552457")],
  git: [inert("preinst", upgradeOnly, "06637c861c1bd57e8052ee0056e8a4c602a3996c4b3ddbab32180b869678d158")],
  gzip: [
    inert("preinst", "diversions of zutils", "68336edc83d22b62c4b8cb2b8cefe439e0b94d9c5f5f7981c5dbdb02b838d2f0"),
    inert("postinst", "diversions of zutils", "376e04e8fc41e4ce8d74e42e8d25c3e2252ff822267b6fcd20d3580eb23da694"),
  ],
  "init-system-helpers": [
    inert("postinst", upgradeOnly, "e1131031c2950a62ae0d00b820c390068a5352d8f0124f3277f7b4708d4c8cd0"),
  ],
  libblas3: [inert("preinst", upgradeOnly, "152f02c8a14e90094593a1a35808caedecf4e7d3031e4e806c1079995c843187")],
  liblapack3: [inert("preinst", upgradeOnly, "705a53a053a76a19c950003cba2935ebe1dd92ca33f6be11220c636cef4b94c6")],
  "libc-bin": [
    emulate(
      "postinst",
      "nsswitch.conf; the library cache is written for every tree",
      libcBin,
      "84ceb4338775fd1137c65bf7710888d987c8cb568b490cff3f381594894b0923",
    ),
  ],
  libc6: [
    inert(
      "preinst",
      "checks the kernel version",
      "714a2b86ff9359abd06e891fe7834153862c7264100f2d10451cfedf98deb2ff",
      "a80dedf2841f812248f768c082dfdecdea895c61aa4654682e0c65ff536b654d",
      "77427b942d8e06063854f1078c68277453165b6f3d17d289cdb36eea5db68185",
      "e8d7c8a4565a4d10bb92095147600560860ba779121c8f79e1c2038402802c8a",
    ),
    inert(
      "postinst",
      restarts,
      "fe215e7a1f0e296ee4082e60200976afaaa716bbcbba5c68d855bcfd54dd556e",
      "5d952aaddb3e9f94797d7e5d8fa5be5eb472c11807170161729060e76a3f52e3",
    ),
  ],
  libgcrypt20: [
    inert(
      "postinst",
      upgradeOnly,
      "2f9ad6036eb14e65c01314dfbae94615e6ee8f41eb2064c6d79392d50a5b4640",
      "f6445b72534312d7a869afbb9df2edb7e634f772823d2d0936e010a9441fa123",
    ),
  ],
  "libgdk-pixbuf-2.0-0": [
    decline(
      "postinst",
      "has to run gdk-pixbuf-query-loaders",
      "2432f5de1042a811d9a105643f3c4f78123c609a79c36f19d4ec5ebd16c2bc28",
      "5275f4a45492b5b6f8a9c230114bad25d9f1ef178e234a9695dfffbdb8e9cce3",
    ),
  ],
  "libglib2.0-0": [
    emulate(
      "postinst",
      "nothing to compile",
      glib,
      "822b6273f9f56621c95b9f7d3780619e8477b3ea4f31c22fc798d07f31122b9a",
      "4de08b729a9cc815b0bd2bfe58962bc44bb889503b7a4f5d9b1968ac1eb56c8b",
    ),
  ],
  "libglib2.0-0t64": [
    inert("preinst", upgradeOnly, "c273e52b094ff8897e490074b46ccc515f7594ddad326d5765c1df797c7ed86f"),
    emulate(
      "postinst",
      "nothing to compile",
      glib,
      "9802c11c233c1bea59f8d3f15df2e23b6057ead7cbdf97c0e168a48abb3c9794",
      "8bcfea4e8b2f179d733001c1fd8b5f3546ee74dba3476c1959fd4d1a2bb1194f",
    ),
  ],
  "libgssapi-krb5-2": [
    inert("postinst", upgradeOnly, "c4dee40545852c1cc838acb65b5fe4c1f288ef9b733c1633dbadf512a8eddd93"),
  ],
  libgvc6: [
    decline(
      "postinst",
      "has to run dot -c, which writes its list of plugins",
      "a7f10da7d61c8ad29112bebc503263d99fd696e19b8ba124a9a9ee974bb767e6",
    ),
  ],
  "libpam-modules": [
    inert("preinst", upgradeOnly, "ed72fa5e0d550211df5b5711c425148969a56a11821e5c27c413693780168dcd"),
    emulate(
      "postinst",
      "opasswd and environment",
      pamModules,
      "a33be8cc2ba9eb254adfebcc6dca85094aad1bcca4227c5fda9aa1f036852913",
      "48737018a223440df310cc20d3961046286a8255699c596c9a27f7800372a6a9",
    ),
  ],
  "libpam-runtime": [
    decline(
      "postinst",
      "has to run pam-auth-update",
      "65a7babcbb4697450482a886f90a06473f01afe388a0a6c0020806834ce365b5",
    ),
  ],
  libpam0g: [inert("postinst", restarts, "f39ba01fe344aa3b5bf4e1294c3a13569dc8accc0a335f5b6db0aed9b4b476cd")],
  "libpython3.11-minimal": [
    inert("postinst", "prints a message", "7491a0317e8ce69c43f019ded945764f7a9ddd8faf8c2452d35956193a2ae8de"),
  ],
  "libpython3.13-minimal": [
    inert("postinst", "prints a message", "7006f43c17b0b720a017b6084ae0b5c9ecd2c3c6d8b555fbf5de11f9af42cfca"),
  ],
  libreadline8t64: [
    inert(
      "preinst",
      "diversions for merging /usr",
      "46734c3ef8560888532c82c98c3a32d2137b10fd4aa2323b5dc406ba7956ad60",
      "bea42802d2134a845224c3b3175e22f42f486bb006a8e69a7d8ddbc42888ace0",
    ),
  ],
  libselinux1: [
    inert(
      "postinst",
      "removes caches of older versions",
      "703861ac9a2b2753a7fa854696451b536e8c14ac7715d14e062554262515e6c7",
    ),
  ],
  libsensors5: [inert("preinst", upgradeOnly, "a2a9a79a9f76eceb7322fea54a84c9ec871141d1d9599247675f3d9c1f3dd1dd")],
  login: [
    emulate(
      "postinst",
      "faillog, subuid and subgid",
      login,
      "49224d12393daca25b1363a77268514fae6986bc2897218d4aafbe3aea5cff0c",
    ),
  ],
  "login.defs": [inert("postinst", upgradeOnly, "1ab8317bee7b243593ac32ee78cd884c25ec817c28581b663f4df207eae4c81b")],
  netbase: [
    emulate(
      "postinst",
      "/etc/hosts and /etc/networks",
      netbase,
      "a7b0272be77a5ce1668740f635d14c866c24968a6027fa4e91ed235f8aa7b064",
      "5c9061a96f3da238bd27ee19fc0123559eee0304bf1a09cd251467ef86410c2f",
    ),
  ],
  "openssh-client": [
    inert(
      "postinst",
      "group _ssh; ssh-agent stays without setgid, a hardening against ptrace only",
      "947af655351b738fa5ed18da611d7031c2bbbdcb43e6367e50f5d5ba336deff9",
      "2335a097da4be530963b2cbd4b43614c57fc2d7bbb2bcdae44813667f933093f",
    ),
  ],
  openssl: [
    inert("postinst", "/usr/lib/ssl is shipped", "9fb8c4464c9734444f0ab475bc64ee3d401f60a93e70d3cb9646e67efcdd68bc"),
  ],
  passwd: [
    decline("postinst", "has to run shadowconfig", "41efa76f481d44c18de3fcdf6a5aa93055619414d1db3d1d2583a453c56047bf"),
  ],
  perl: [
    inert(
      "postinst",
      upgradeOnly,
      "919fbc761989e875a4d27991bef102135ae94d12ed3fbbcbae01d958024d63e2",
      "cb83ae9bbb8ff299324c6495ad5e83dfa5eb517e871f5e05d5042a5e209fe1e0",
    ),
  ],
  procps: [
    emulate(
      "postinst",
      "init script and sysctl",
      procps,
      "55eae345aca0182b7c2c4910b62dc6448387475f91dad99ddea7fceac452b6f4",
      "e1d38e8a94d15bd77c9ce7ee4b8644a8e9cab25ff86c16fd3c518915bbe6cb80",
    ),
  ],
  "python3.11-minimal": [
    inert("preinst", "bookkeeping of versions", "faa5d5829e28baa30c6bb7d8003bfc29c3d53f03bafa90bd466ac4619416060a"),
    emulate(
      "postinst",
      "dist-packages; no bytecode",
      pythonMinimal("3.11"),
      "86bec6ef17933a7d1c4344686bdc2b52356d5e4db28a7f7f150bc5c443e19496",
      "43fd284eb2d9568a8ba216aa6e30f1b8125fe323aac0d9cae24fdf76e5037994",
    ),
  ],
  "python3.13-minimal": [
    inert("preinst", "bookkeeping of versions", "6f0748f993385e68a2ce112037b8749360e24ec62a82b17760ab3be9ffda82b8"),
    emulate(
      "postinst",
      "dist-packages; no bytecode",
      pythonMinimal("3.13"),
      "5bf7af706500b39fe7f0a075d5652dd701060edf05fc60eafd22433862a28764",
      "24930c9de65a75fb476cf062a5c4c493390df9b60a6efe9d608192c8b674d1d5",
    ),
  ],
  "readline-common": [
    emulate(
      "postinst",
      "/etc/inputrc",
      readlineCommon,
      "ace8fd5f5a44af3de37bdde126e25a2bffc4542b6d9019b91e22fa0e01061b1d",
    ),
  ],
  "shared-mime-info": [
    decline(
      "postinst",
      "has to run update-mime-database",
      "d831a6b320f0ddea917590843c1957c756f0e254582c05f068c9cba5188edb27",
    ),
  ],
  tar: [inert("postinst", "rmt alternative", "7f74fffc4d8e0037ccdaf6761f1a57af6f44becc9a643e1e97553249ad905bee")],
  tzdata: [
    emulate(
      "postinst",
      "UTC",
      tzdata({ timezoneFile: true }),
      "0b920600a1a385b00bbb1526ce71d5986d3db58d9fb0a93823f6824d5e3f3aee",
    ),
    emulate(
      "postinst",
      "UTC",
      tzdata({ timezoneFile: false }),
      "873c88b476fcae8bd70611763ada1171b7ae1d9a1fec0abd9fd170d4badd6db2",
    ),
  ],
  unzip: [
    inert(
      "postinst",
      "update-mime where it exists",
      "7ee802d2f000c021b57b4c43b302bc68c6bd80d1062a985c2241d082340d6c1a",
    ),
  ],
  "usr-is-merged": [
    inert(
      "preinst",
      "checks that /usr is merged",
      "ffac062ea3e508f4bcd0a7f3efb7002bbc50da7c4068c9e00fc1e56a8d8aabf0",
      "4d3f4343d0f2953cf98daf3897add6bbf19ce5b479a95036d6c6dd043e81be04",
    ),
    inert("postinst", "checks that /usr is merged", "3c098f8333b0c57a4c2e1d41fafeae699308e50043f2ecc182a5c438a74b7990"),
  ],
  "util-linux": [
    inert("postinst", "pager alternative; a timer", "5642a4c6820ce0ab2c8efc15e8ac6753261bab3e59d59ee7d3a418df097b2475"),
  ],
  "x11-common": [
    inert("postinst", "registers an init script", "466f208e97c7de2e3ba33af6b9daf7cb45ac44f69b9c3fbd0a029c4ff2071bc2"),
  ],
  "xz-utils": [
    emulate(
      "postinst",
      "names of LZMA Utils",
      xzUtils,
      "f81ad3944b31e7d4affe3e6f94ebe5a4a81388d65c81cc12aa18e81b5e781262",
    ),
  ],
};
