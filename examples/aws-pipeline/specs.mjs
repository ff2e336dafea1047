import { ImageSpec } from "@imagespec/core";

/** Three images of one team. `base` is where Python comes from, `secret` the name under which AWS keeps a token. */
export function specs({ base = "docker.io/library/python:3.12-slim", secret = "pipeline/token" } = {}) {
  return {
    // Wheels and source: no build machine is needed, it goes to ECR from here.
    train: new ImageSpec({ name: "pipeline/train", baseImage: base, packages: ["six==1.17.0"], sourceRoot: "src" }),
    // Debian packages, a command, a secret that AWS keeps: a machine of CodeBuild.
    report: new ImageSpec({
      name: "pipeline/report",
      baseImage: base,
      aptPackages: ["netbase"],
      commands: [
        { run: "test -s /run/secrets/token && wc -c < /run/secrets/token > /token-length", secrets: ["token"] },
      ],
      secrets: [{ id: "token", from: { aws: secret } }],
      sourceRoot: "src",
    }),
    // Two platforms: two native builds, and one index. It asks for CodeBuild, since no builder on this machine is needed for both.
    assets: new ImageSpec({
      name: "pipeline/assets",
      builder: "aws-codebuild",
      baseImage: "scratch",
      copy: [{ from: "assets", to: "/assets" }],
      platform: ["linux/amd64", "linux/arm64"],
    }),
  };
}
