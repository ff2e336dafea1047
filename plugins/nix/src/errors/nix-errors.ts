import { defineErrors } from "@imagespec/errors";

defineErrors("NIX", {
  NIX_UNAVAILABLE: { origin: "builder", summary: "Nix is not installed, or too old for the package set" },
  NIX_PIN_MISMATCH: { origin: "builder", summary: "a package set that does not have the hash of its pin" },
  NIX_EVAL_FAILED: { origin: "builder", summary: "the package set cannot be evaluated" },
  NIX_WOULD_BUILD: {
    origin: "builder",
    summary: "more packages would have to be built from source than `maxBuilds` allows",
  },
  NIX_NO_BUILDER: { origin: "builder", summary: "no machine that Nix may use builds for the platform of the image" },
  NIX_SANDBOX: { origin: "builder", summary: "the sandbox that Nix builds in cannot be set up on this machine" },
  NIX_SIGNATURE: { origin: "builder", summary: "a binary cache offers a path without a signature by a trusted key" },
});
