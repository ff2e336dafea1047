/** A Debian release by its codename. */
export type DebianSuite = "bookworm" | "trixie";

export type DebianArchitecture = "amd64" | "arm64";

/** Which of the two archives an index or package comes from. */
export type DebianArea = "main" | "security";

/** Where the archives are: URLs of the folders that hold `dists/` and `pool/`, without a slash at the end. */
export interface DebianArchive {
  readonly main: string;
  readonly security: string;
}

/** Debian's own archives. */
export const defaultDebianArchive: DebianArchive = {
  main: "https://deb.debian.org/debian",
  security: "https://deb.debian.org/debian-security",
};

/** One distribution of an archive, as in `dists/<suite>`, and who may sign it. */
export interface IndexSource {
  readonly area: DebianArea;
  /** The codename that the signed text must state. */
  readonly suite: string;
  readonly label: "Debian" | "Debian-Security";
  /** Fingerprints of primary keys, upper case. */
  readonly signers: readonly string[];
}

export interface DebianRelease {
  readonly suite: DebianSuite;
  readonly pythonMinor: string;
  /** All three: packages of the base come from -security too, and the highest version wins. The first one dates the layer. */
  readonly indexes: readonly [IndexSource, ...IndexSource[]];
}

const bookwormMain = ["B8B80B5B623EAB6AD8775C45B7C5D7D6350947F8", "4D64FEC119C2029067D6E791F8D2585B8783D481"];
const trixieMain = ["04B54C3CDCA79751B16BC6B5225629DF75B188BD", "41587F7DB8C774BCCF131416762F67A0B2C39DE4"];

const releases: Readonly<Record<DebianSuite, DebianRelease>> = {
  bookworm: {
    suite: "bookworm",
    pythonMinor: "3.11",
    indexes: [
      { area: "main", suite: "bookworm", label: "Debian", signers: bookwormMain },
      { area: "main", suite: "bookworm-updates", label: "Debian", signers: bookwormMain },
      {
        area: "security",
        suite: "bookworm-security",
        label: "Debian-Security",
        signers: ["05AB90340C0C5E797F44A8C8254CF3B5AEC0A8F0"],
      },
    ],
  },
  trixie: {
    suite: "trixie",
    pythonMinor: "3.13",
    indexes: [
      { area: "main", suite: "trixie", label: "Debian", signers: trixieMain },
      { area: "main", suite: "trixie-updates", label: "Debian", signers: trixieMain },
      {
        area: "security",
        suite: "trixie-security",
        label: "Debian-Security",
        signers: ["5E04A1E3223A19A20706E20F9904613D4CCE68C6"],
      },
    ],
  },
};

/** What is fixed about a release: its indexes, who signs them, its Python. */
export function debianRelease(suite: DebianSuite): DebianRelease {
  return releases[suite];
}

/** Facts of an architecture that the writers and the verifier need. */
export interface ArchitectureFacts {
  /** Multiarch triplet: the folder below `usr/lib`. */
  readonly triplet: string;
  /** `e_machine` of its ELF files. */
  readonly elfMachine: number;
  /** Flags of a libc6 library in ld.so.cache. Source: glibc's sysdeps/generic/ldconfig.h. */
  readonly cacheFlags: number;
  /** Top-level names that are links into `usr` on merged systems. */
  readonly aliases: readonly string[];
}

const architectures: Readonly<Record<DebianArchitecture, ArchitectureFacts>> = {
  amd64: {
    triplet: "x86_64-linux-gnu",
    elfMachine: 62,
    cacheFlags: 0x0303,
    aliases: ["bin", "lib", "lib64", "sbin"],
  },
  arm64: { triplet: "aarch64-linux-gnu", elfMachine: 183, cacheFlags: 0x0a03, aliases: ["bin", "lib", "sbin"] },
};

export function architectureFacts(architecture: DebianArchitecture): ArchitectureFacts {
  return architectures[architecture];
}
