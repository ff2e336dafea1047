import { registerBuilder } from "@imagespec/core";
import { awsCodebuild } from "./aws-codebuild.ts";

registerBuilder(awsCodebuild(), { origin: "@imagespec/builder-aws-codebuild" });
