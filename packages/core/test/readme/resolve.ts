import { ImageSpec, resolveImageSpec } from "@imagespec/core";

const base: ImageSpec = new ImageSpec({ pythonVersion: "3.12", packages: ["numpy>=2,<3"] });
export const train: ImageSpec = base.withPackages("pandas").withEnv({ OMP_NUM_THREADS: "2" });

const { tag, floating } = await resolveImageSpec(train);
console.log(tag); // u1-…
console.log(floating); // [ "baseImage", "packages" ]
