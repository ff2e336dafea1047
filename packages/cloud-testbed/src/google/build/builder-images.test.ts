import { expect, test } from "vitest";
import { knownEntryPoint } from "./builder-images.ts";

const digest = `sha256:${"0".repeat(64)}`;

test.for([
  ["gcr.io/cloud-builders/docker", ["build", "."], ["docker", "build", "."]],
  [`gcr.io/cloud-builders/docker:20.10.24@${digest}`, ["sh"], ["docker", "sh"]],
  ["docker", ["login", "x"], ["docker", "login", "x"]],
  ["docker.io/library/docker:28-cli", ["sh", "-c", "true"], ["sh", "-c", "true"]],
  ["bash:5", ["-c", "true"], ["bash", "-c", "true"]],
  ["ubuntu", ["echo"], ["echo"]],
] as const)("%s %j", ([image, args, argv]) => {
  expect(knownEntryPoint(image)?.(args)).toEqual(argv);
});

test.for(["python:3.12", "gcr.io/p/docker", "toString", "127.0.0.1:5000/bash"])("%s is run as it is", (image) => {
  expect(knownEntryPoint(image)).toBeUndefined();
});
