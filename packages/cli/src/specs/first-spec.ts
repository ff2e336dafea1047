import type { ProjectFacts } from "./inspect-project.ts";

/** The text of a first spec file for a project. */
export function formatFirstSpec({ name, python, requirements, sourceRoot, module }: ProjectFacts): string {
  const suite = { "3.11": "bookworm", "3.13": "trixie" }[python];
  return `# The image that this project's code needs. Fields: docs/reference/image-spec.md
name: ${name}
pythonVersion: "${python}"

# What the image stands on. Without it, docker.io/library/python:${python}-slim.
${suite === undefined ? `# baseImage: registry.example.com/python:${python}` : `# Assembled from signed Debian packages, without any registry:\n# baseImage: { debian: ${suite} }`}

${requirements === undefined ? 'packages: []  # such as [numpy, "pandas>=2.2"]' : `requirements: ${requirements}`}

${sourceRoot === undefined ? "# sourceRoot: src  # its contents land in /app" : `sourceRoot: ${sourceRoot}  # its contents land in /app`}
${module === undefined ? '# entrypoint: ["python", "-m", "your_module"]' : `entrypoint: ["python", "-m", "${module}"]`}

# env: { OMP_NUM_THREADS: "2" }
# registry: registry.example.com  # without it, images go to the local store
`;
}
