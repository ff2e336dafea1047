export type {
  ContractExpectation,
  ContractViolation,
  ImageFile,
  ImageFinding,
  ImageSelector,
  LayerFilesOptions,
} from "@imagespec/plugin-kit";
export { checkImageContract, layerFiles, resolveInImage, validateImage } from "@imagespec/plugin-kit";
export type { CondaFixture, CondaFixtureFile } from "./conda/conda-fixture.ts";
export { condaPrefix } from "./conda/conda-fixture.ts";
export { greeterFixtures } from "./conda/greeter-fixtures.ts";
export { makeCondaPackage } from "./conda/make-conda-package.ts";
export type { CondaChannel, CondaChannelOptions } from "./conda/serve-conda-channel.ts";
export { serveCondaChannel } from "./conda/serve-conda-channel.ts";
export { ensureCudaStandIn, standInLabel } from "./cuda/ensure-cuda-stand-in.ts";
export type { ForwardedPort } from "./process/forward-port.ts";
export { forwardPort } from "./process/forward-port.ts";
export { freePort } from "./process/free-port.ts";
export type { RunOptions, RunResult } from "./process/run.ts";
export { run } from "./process/run.ts";
export type { FileServer, ServedFile } from "./process/serve-files.ts";
export { serveFiles } from "./process/serve-files.ts";
export type { TemporaryFolder } from "./process/temporary-folder.ts";
export { temporaryFolder } from "./process/temporary-folder.ts";
export type { PythonMirror, PythonMirrorOptions } from "./python-mirror/serve-python-mirror.ts";
export { servePythonMirror } from "./python-mirror/serve-python-mirror.ts";
export type { PythonTree } from "./python-tree/python-tree.ts";
export { pythonTree } from "./python-tree/python-tree.ts";
export type { EnginesUnderTest } from "./stack/engines-under-test.ts";
export { defaultEngine, enginesUnderTest } from "./stack/engines-under-test.ts";
export type { SkippableTest } from "./stack/require-stack.ts";
export { requireStack } from "./stack/require-stack.ts";
export type {
  DockerOptions,
  ExposedServer,
  Stack,
  StackBuildkit,
  StackDaemonName,
  StackEngine,
  StackEngineName,
  StackFacts,
  StackPython,
} from "./stack/stack.ts";
export type { StackOptions } from "./stack/start-stack.ts";
export { startStack } from "./stack/start-stack.ts";
