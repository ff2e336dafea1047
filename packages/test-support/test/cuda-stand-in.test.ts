import { expect, test } from "vitest";
import { ensureCudaStandIn, requireStack } from "../src/index.ts";

test("an image stands in for CUDA's under its name, for engines and builds", async (context) => {
  const stack = await requireStack(context);
  const image = await ensureCudaStandIn(stack, "12.4.1-cudnn-runtime-ubuntu22.04");
  expect(image).toBe("nvidia/cuda:12.4.1-cudnn-runtime-ubuntu22.04");
  expect(await ensureCudaStandIn(stack, "12.4.1-cudnn-runtime-ubuntu22.04")).toBe(image);
  const script = "echo $CUDA_VERSION $NV_CUDNN_VERSION && cat /usr/local/cuda/version.json";
  const { stdout } = await stack.docker(["run", "--rm", image, "sh", "-c", script]);
  expect(stdout).toBe('12.4.1 9.1.0.70-1\n{"cuda":{"name":"CUDA SDK","version":"12.4.1"}}');
});

test("a tag that CUDA's images have not is refused", async () => {
  await expect(ensureCudaStandIn({ registry: "127.0.0.1:1" }, "latest")).rejects.toThrow('"latest" is no tag');
});
