import type { NixPin } from "../options/nix-builder-options.ts";

/** A pin of the shipped table. */
export type TablePin = NixPin & {
  readonly url: string;
  /** The branch that it was taken from, for people. */
  readonly branch: string;
  /** Branches that get no security fixes any more. */
  readonly isOld: boolean;
};

const archive = (revision: string): string => `https://github.com/NixOS/nixpkgs/archive/${revision}.tar.gz`;

/**
 * Python minor → nixpkgs in which it is the default interpreter: public caches have the packages of no other one.
 * `imagespec nix pin --verify` downloads them and compares hashes and versions.
 */
export const pinTable: Readonly<Record<string, TablePin>> = {
  "3.11": {
    branch: "nixos-24.05",
    url: archive("e8c38b73aeb218e27163376a2d617e61a2ad9b59"),
    sha256: "sha256-df3dJApLPhd11AlueuoN0Q4fHo/hagP75LlM5K1sz9g=",
    minNix: "2.3",
    glibc: "2.39",
    isOld: true,
  },
  "3.12": {
    branch: "nixos-25.05",
    url: archive("ac62194c3917d5f474c1a844b6fd6da2db95077d"),
    sha256: "sha256-16KkgfdYqjaeRGBaYsNrhPRRENs0qzkQVUooNHtoy2w=",
    minNix: "2.3.17",
    glibc: "2.40",
    isOld: true,
  },
  "3.13": {
    branch: "nixos-25.11",
    url: archive("25f538306313eae3927264466c70d7001dcea1df"),
    sha256: "sha256-ZsIrKmhp4vbBXoXXmR/tBXA/UCsAQiJL9vsgZEduhVY=",
    minNix: "2.18",
    glibc: "2.40",
    isOld: false,
  },
};
