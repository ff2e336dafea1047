import { registerBuilder } from "@imagespec/core";
import { googleCloudBuild } from "./google-cloud-build.ts";

registerBuilder(googleCloudBuild(), { origin: "@imagespec/builder-google-cloud-build" });
