/** The marker behind which the log is what the commands of the build print: before it, CodeBuild repeats their text. */
export const startMarker = "imagespec: start";

/** The variable by which a build tells the digest of what it pushed. */
export const digestVariable = "IMAGESPEC_DIGEST";

/**
 * The commands of every build. They are the same for all images: what differs comes in by environment variables, whose values no shell
 * reads as code. Building and pushing are one phase, since CodeBuild runs `post_build` after a failed `build` too.
 *
 * Variables: `IMAGESPEC_ARCHIVE` is the file with the context, `IMAGESPEC_IMAGE` the image to push, `IMAGESPEC_ECR` lines `HOST REGION`,
 * `IMAGESPEC_LOGINS` lines `HOST USER-VARIABLE PASSWORD-VARIABLE`, `IMAGESPEC_SECRETS` lines `ID VARIABLE`, `IMAGESPEC_FILES` lines
 * `ID FILE`, `IMAGESPEC_NEWLINES` names of build arguments, `IMAGESPEC_CACHE` and `IMAGESPEC_CACHE_MODE` the cache in a registry,
 * `IMAGESPEC_BUILDKIT` the image of its BuildKit, `IMAGESPEC_PLAIN` says that the Docker of the machine is a server of its own.
 */
const script = `set -euo pipefail
echo "${startMarker}"
cd "$CODEBUILD_SRC_DIR"
(
  private="$(mktemp -d)"
  hosts=()
  leave() {
    for host in "\${hosts[@]:-}"; do
      if [ -n "$host" ]; then docker logout "$host" > /dev/null 2>&1 || true; fi
    done
    rm -rf "$private"
  }
  trap leave EXIT
  # Docker warns of the file that the machine is thrown away with.
  login() {
    docker login --username "$1" --password-stdin "$2" > "$private/login" 2>&1 || { cat "$private/login"; return 1; }
  }

  tar -xzf "$IMAGESPEC_ARCHIVE"
  rm -f "$IMAGESPEC_ARCHIVE"
  umask 077

  for attempt in 1 2 3 4 5 6 7 8 9 10; do
    if docker version > /dev/null 2>&1; then break; fi
    sleep 1
  done
  docker version --format 'imagespec: docker {{.Server.Version}}'

  while read -r host region; do
    if [ -z "$host" ]; then continue; fi
    hosts+=("$host")
    aws ecr get-login-password \${region:+--region "$region"} | login AWS "$host"
  done <<< "\${IMAGESPEC_ECR:-}"
  while read -r host user password; do
    if [ -z "$host" ]; then continue; fi
    hosts+=("$host")
    printf '%s' "\${!password}" | login "\${!user}" "$host"
    unset "$password"
  done <<< "\${IMAGESPEC_LOGINS:-}"

  options=(--progress=plain --file context/Dockerfile)
  while read -r id variable; do
    if [ -z "$id" ]; then continue; fi
    printf '%s' "\${!variable}" > "$private/$variable"
    unset "$variable"
    options+=(--secret "id=$id,src=$private/$variable")
  done <<< "\${IMAGESPEC_SECRETS:-}"
  while read -r id file; do
    if [ -n "$id" ]; then options+=(--secret "id=$id,src=$file"); fi
  done <<< "\${IMAGESPEC_FILES:-}"
  for name in \${IMAGESPEC_NEWLINES:-}; do options+=(--build-arg "$name"=$'\\n'); done

  # Attestations would make an index of the image.
  export BUILDX_NO_DEFAULT_ATTESTATIONS=1 DOCKER_BUILDKIT=1
  buildx=no
  if [ -z "\${IMAGESPEC_PLAIN:-}" ] && docker buildx version > /dev/null 2>&1; then buildx=yes; fi

  cached=no
  if [ -n "\${IMAGESPEC_CACHE:-}" ]; then
    if [ "$buildx" = no ]; then
      echo "imagespec: no cache, since the build image has no buildx"
    elif docker buildx create --name imagespec --driver docker-container --bootstrap \\
      \${IMAGESPEC_BUILDKIT:+--driver-opt "image=$IMAGESPEC_BUILDKIT"} > "$private/create" 2>&1; then
      cached=yes
    else
      echo "imagespec: no cache, since BuildKit cannot be started: $(tail -n 1 "$private/create")"
    fi
  fi

  digest=
  if [ "$cached" = yes ]; then
    cache="type=registry,ref=$IMAGESPEC_CACHE"
    docker buildx build --builder imagespec "\${options[@]}" --provenance=false --sbom=false \\
      --cache-from "$cache" \\
      --cache-to "$cache,mode=$IMAGESPEC_CACHE_MODE,image-manifest=true,oci-mediatypes=true,ignore-error=true" \\
      --output "type=image,name=\${IMAGESPEC_IMAGE%:*},push=true,push-by-digest=true,name-canonical=true" \\
      --metadata-file "$private/metadata" context
    digest="$(sed -n 's/.*"containerimage.digest": *"\\(sha256:[0-9a-f]*\\)".*/\\1/p' "$private/metadata" | head -n 1)"
  else
    if [ "$buildx" = yes ]; then
      docker buildx build --load "\${options[@]}" --tag "$IMAGESPEC_IMAGE" context
    else
      docker build "\${options[@]}" --tag "$IMAGESPEC_IMAGE" context
    fi
    for attempt in 1 2 3 4; do
      echo "imagespec: push"
      if docker push "$IMAGESPEC_IMAGE" 2>&1 | tee "$private/push"; then break; fi
      # A repository that was made a moment ago is not known everywhere; and Docker gives up early on a busy registry.
      passing='name unknown|does not exist|toomanyrequests|rate exceeded|[ (:](429|5[0-9][0-9])[^0-9]|EOF|reset by peer|timeout'
      if [ "$attempt" = 4 ] || ! grep -Eqi "$passing" "$private/push"; then exit 1; fi
      sleep $((attempt * 2))
    done
    digest="$(sed -n 's/.*digest: \\(sha256:[0-9a-f]*\\).*/\\1/p' "$private/push" | tail -n 1)"
  fi
  echo "imagespec: pushed $digest"
  printf '%s' "$digest" > "$CODEBUILD_SRC_DIR/imagespec-digest"
)
export ${digestVariable}="$(cat "$CODEBUILD_SRC_DIR/imagespec-digest")"
`;

/** The buildspec of every build. */
export const buildspec: string = `version: 0.2
env:
  shell: bash
  exported-variables:
    - ${digestVariable}
phases:
  build:
    on-failure: ABORT
    commands:
      - |
${script.replace(/^(?=.)/gm, "        ")}`;
