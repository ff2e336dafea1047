/** What a step that runs this machine's programs sees. */
export interface Sandbox {
  /** An empty folder that becomes its root. */
  readonly root: string;
  readonly workspace: string;
  readonly home: string;
  /** Folder behind `$BUILDER_OUTPUT`. */
  readonly outputs: string;
  /** Folder of the step's script. */
  readonly scripts: string;
  /** Of the engine; it is `/var/run/docker.sock` inside. */
  readonly dockerSocket: string;
  readonly dockerClient: string;
  /** Path of the buildx plugin, if there is one. */
  readonly buildx?: string | undefined;
  /** Folders by the paths at which they appear. */
  readonly volumes: ReadonlyMap<string, string>;
  /** Where it starts; created when missing. */
  readonly directory: string;
}

// Programs come from this machine, read-only; /tmp, /var and home directories are empty, as in a container. The process
// namespace ends whatever a step leaves running.
const script = `set -e
root=$1 workspace=$2 home=$3 outputs=$4 scripts=$5 socket=$6 client=$7 buildx=$8 volumes=$9
shift 9
mount --make-rprivate /
mount -t tmpfs -o mode=0755 tmpfs "$root"
for name in bin sbin lib lib32 lib64 libx32; do
  if [ -L "/$name" ]; then cp -P "/$name" "$root/"
  elif [ -d "/$name" ]; then mkdir "$root/$name"; mount --rbind "/$name" "$root/$name"; mount -o remount,bind,ro "$root/$name"
  fi
done
for name in usr etc; do
  mkdir "$root/$name"; mount --rbind "/$name" "$root/$name"; mount -o remount,bind,ro "$root/$name"
done
mkdir "$root/dev"; mount --rbind /dev "$root/dev"
cd "$root"
mkdir -p proc run var/tmp var/lib tmp root home workspace builder/home builder/outputs builder/bin builder/scripts
chmod 1777 tmp var/tmp
ln -s ../run var/run
mount -t proc proc proc
mount --bind "$workspace" workspace
mount --bind "$home" builder/home
mount --bind "$outputs" builder/outputs
mount --bind "$scripts" builder/scripts
: > run/docker.sock; mount --bind "$socket" run/docker.sock
: > builder/bin/docker; mount --bind "$client" builder/bin/docker
if [ -n "$buildx" ]; then
  mkdir -p builder/home/.docker/cli-plugins
  : >> builder/home/.docker/cli-plugins/docker-buildx
  mount --bind "$buildx" builder/home/.docker/cli-plugins/docker-buildx
fi
while [ "$volumes" -gt 0 ]; do
  mkdir -p ".$1"; mount --bind "$2" ".$1"; shift 2; volumes=$((volumes - 1))
done
exec chroot "$root" /bin/sh -c 'mkdir -p "$1" && cd "$1" && shift && exec "$@"' sh "$@"
`;

/** The command line that runs another inside of a sandbox. Needs root. */
export function sandboxCommand(sandbox: Sandbox, argv: readonly string[]): readonly string[] {
  const volumes = [...sandbox.volumes];
  return [
    ...["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", script, "sandbox"],
    ...[sandbox.root, sandbox.workspace, sandbox.home, sandbox.outputs, sandbox.scripts, sandbox.dockerSocket],
    ...[sandbox.dockerClient, sandbox.buildx ?? "", String(volumes.length)],
    ...volumes.flat(),
    sandbox.directory,
    ...argv,
  ];
}
