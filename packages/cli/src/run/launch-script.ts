/**
 * Prepares the root folder in a mount namespace of its own and changes into it. Arguments: unpacked image, stage folder, runtime
 * packages (or empty), `mounts` or `no-mounts`, uid, gid (or both empty), then the launcher inside and its arguments.
 */
export const launchScript: string = `
set -u
image=$1 stage=$2 runtime=$3 mode=$4 uid=$5 gid=$6
shift 6
root=$image

overlay() {
  mkdir -p "$1/upper" "$1/work" "$stage/root" &&
  mount -t overlay -o "lowerdir=$image,upperdir=$1/upper,workdir=$1/work" overlay "$stage/root"
}
in_memory() {
  mkdir -p "$stage/memory" && mount -t tmpfs -o mode=0755 tmpfs "$stage/memory" && overlay "$stage/memory"
}
bind() {
  mkdir -p "$root/$2" && mount --rbind "$1" "$root/$2"
}

if [ "$mode" = mounts ]; then
  # What the program writes goes into a layer of its own: the unpacked image stays as it is.
  if overlay "$stage/disk" 2>/dev/null || in_memory 2>/dev/null; then root=$stage/root; fi
  for folder in proc dev sys; do bind "/$folder" "$folder" 2>/dev/null; done
  if [ -n "$runtime" ]; then bind "$runtime" home/imagespec/runtime || exit 125; fi
else
  mkdir -p "$root/dev"
  for node in "null 1 3" "zero 1 5" "random 1 8" "urandom 1 9"; do
    set_node() { [ -e "$root/dev/$1" ] || mknod -m 666 "$root/dev/$1" c "$2" "$3"; }
    set_node $node 2>/dev/null
  done
  if [ -n "$runtime" ]; then
    mkdir -p "$root/home/imagespec/runtime" && cp -R "$runtime/." "$root/home/imagespec/runtime/" || exit 125
  fi
fi
for file in resolv.conf hosts; do
  if [ -e "/etc/$file" ] && [ -d "$root/etc" ] && [ ! -L "$root/etc" ]; then
    rm -f "$root/etc/$file" && cp -L "/etc/$file" "$root/etc/$file"
  fi
done 2>/dev/null
# In a user namespace there is only one user, and no right to change groups.
if [ -z "$uid" ]; then exec chroot "$root" "$@"; fi
exec chroot --userspec="$uid:$gid" --groups="$gid" "$root" "$@"
`;

/** Sets environment and folder inside of the image with its shell: `NAME=value … -- FOLDER COMMAND …`. */
export const shellLauncher: readonly string[] = [
  "/bin/sh",
  "-c",
  'while [ "$1" != -- ]; do export "$1"; shift; done; shift; cd "$1" || exit 126; shift; exec "$@"',
  "imagespec-run",
];

/** The same for images without a shell, and for names of variables that a shell does not take. */
export const pythonLauncher: readonly string[] = [
  "/opt/venv/bin/python",
  "-I",
  "-c",
  `import os, sys
args = sys.argv[1:]
at = args.index("--")
env = dict(pair.split("=", 1) for pair in args[:at])
os.chdir(args[at + 1])
os.environ.clear()
os.environ.update(env)
try:
    os.execvp(args[at + 2], args[at + 2:])
except OSError as error:
    sys.exit(f"{args[at + 2]}: {error.strerror}") if not isinstance(error, FileNotFoundError) else (print(f"{args[at + 2]}: not found", file=sys.stderr), os._exit(127))`,
];
