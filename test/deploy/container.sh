#!/bin/bash
# Goal: deploy/Dockerfile builds, and what comes out of it does under deploy/compose.yaml and as the pod of deploy/k3s/garim.yaml what they promise: a
# filtered feed from an image without a shell, with nothing to write to but its state and /tmp, ended within its grace, back with its
# state. Method: podman, and Docker with docker-compose where they are here, each with a storage of its own that goes away. No image is
# pulled: the bases are stood in for by images of the same shape, made from Debian's packages and the package garim-node. As root:
#
#   test/deploy/container.sh FOLDER-OF-PACKAGES
#
# Exit code 77: containers can't be run here. Counts are printed as the test runner prints them.
set -uo pipefail
cd "$(dirname "$0")/../.."
. test/deploy/checks.sh

packages=$(realpath "$1")
checkout=$PWD
work=$(mktemp -d)

dockerd=
finish() {
  if [ -n "$dockerd" ]; then
    docker rm -f -v "$(docker ps -aq)" > /dev/null 2>&1
    kill "$dockerd" 2> /dev/null
    wait "$dockerd" 2> /dev/null
  fi
  podman pod rm -f -t 0 -a > /dev/null 2>&1
  podman rm -f -t 0 -a > /dev/null 2>&1
  podman volume rm -f -a > /dev/null 2>&1
  podman network prune -f > /dev/null 2>&1
  umount "$work/storage/overlay" 2> /dev/null
  rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT TERM

# Everything that podman keeps is kept in the scratch folder, so that no image of this machine is seen or touched.
export CONTAINERS_STORAGE_CONF=$work/storage.conf CONTAINERS_CONF=$work/containers.conf
export DISABLE_HC_SYSTEMD=true # health checks are run here by hand
storage() { printf '[storage]\ndriver = "%s"\ngraphroot = "%s/storage"\nrunroot = "%s/run"\n' "$1" "$work" "$work" > "$work/storage.conf"; }
# A machine may forbid its root to raise limits, and podman raises these two unless told what to take: in its settings, which hold until a --ulimit is
# named, as compose.yaml does.
readonly FILES=$(ulimit -Hn) PROCESSES=4096
limits=(--ulimit "nofile=$FILES" --ulimit "nproc=$PROCESSES")
cat > "$work/containers.conf" << CONF
[containers]
default_ulimits = ["nofile=$FILES:$FILES", "nproc=$PROCESSES:$PROCESSES"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "none"
[network]
network_backend = "netavark"
network_config_dir = "$work/networks"
CONF
# Where layers can't lie on each other they are copied.
storage overlay
podman info > /dev/null 2>&1 || storage vfs

echo '--- Stand-ins for the two bases'
# unpack FOLDER PACKAGE...: files of Debian packages, without what their scripts would do.
unpack() {
  local into=$1 package
  shift
  mkdir -p "$work/debs" "$into"
  (cd "$work/debs" && for package in "$@"; do
    compgen -G "${package}_*.deb" > /dev/null || echo "$package"
  done | xargs -r apt-get download -q -o APT::Sandbox::User=root) > "$work/apt.log" 2>&1 || return 1
  for package in "$@"; do dpkg-deb -x "$work/debs/${package}_"*.deb "$into" || return 1; done
}
readonly LIBRARIES=(libc6 libgcc-s1 libstdc++6)
readonly TOOLS=(bash coreutils dash findutils libacl1 libattr1 libgmp10 libpcre2-8-0 libselinux1 libtinfo6)
stand_ins() {
  dpkg-deb -x "$packages"/garim-node_*.deb "$work/node" || return 1
  local node=$work/node/usr/lib/garim-node/bin/node
  # The run-time base: Node, the libraries that it links, and whom to trust.
  unpack "$work/run-base" "${LIBRARIES[@]}" ca-certificates || return 1
  cd "$work/run-base" && rm -rf usr/sbin usr/share/{doc,man,lintian} && mkdir -p etc/ssl/certs nodejs/bin root var/lib && install -d -m 1777 tmp || return 1
  cat usr/share/ca-certificates/mozilla/*.crt > etc/ssl/certs/ca-certificates.crt
  printf 'root:x:0:0:root:/root:/sbin/nologin\nnonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin\n' > etc/passwd
  printf 'root:x:0:\nnonroot:x:65532:\n' > etc/group
  install -m 755 "$node" nodejs/bin/node
  tar -c . | podman import -q - localhost/stand-in-run || return 1
  # The base to build with has a shell, tools and npm as well.
  unpack "$work/build-base" "${LIBRARIES[@]}" "${TOOLS[@]}" || return 1
  cd "$work/build-base" && mkdir -p root usr/local/bin usr/local/lib/node_modules && install -d -m 1777 tmp || return 1
  printf 'root:x:0:0:root:/root:/bin/bash\n' > etc/passwd
  install -m 755 "$node" usr/local/bin/node
  cp -r "$(npm root -g)/npm" usr/local/lib/node_modules/
  ln -s ../lib/node_modules/npm/bin/npm-cli.js usr/local/bin/npm
  tar -c . | podman import -q --change 'ENV PATH=/usr/local/bin:/usr/bin:/bin' - localhost/stand-in-build || return 1
  cd "$checkout" && rm -rf "$work"/{run-base,build-base,node,debs}
}
if ! podman info > "$work/first.log" 2>&1; then
  echo 'podman has no place for images on this machine:' >&2
  tail -3 "$work/first.log" >&2
  exit 77
fi
stand_ins > "$work/bases.log" 2>&1 || { cat "$work/bases.log" "$work/apt.log"; exit 1; }
if ! podman run --rm "${limits[@]}" --entrypoint /nodejs/bin/node localhost/stand-in-run -e 0 > "$work/first.log" 2>&1; then
  echo 'no container can be run on this machine:' >&2
  tail -3 "$work/first.log" >&2
  exit 77
fi
took 'bases'

echo '--- The image'
# What this machine has npm ask, and whom it has it trust, reaches the build as a secret and a mount; the cache that `npm ci` filled saves asking.
npmrc() {
  cat "$(npm --loglevel=error config get userconfig)" "$(npm --loglevel=error config get globalconfig)" 2> /dev/null | grep -E '^ *(registry|@[^ =]+:registry|//|proxy|https-proxy|noproxy|strict-ssl)'
  echo cafile=/run/trust.pem
}
npmrc > "$work/npmrc"
trust=$(npm --loglevel=error config get cafile)
[ -s "$trust" ] || trust=${NODE_EXTRA_CA_CERTS:-/etc/ssl/certs/ca-certificates.crt}
podman build --format docker --layers=false --network host \
  --build-arg BUILD_BASE=localhost/stand-in-build --build-arg RUN_BASE=localhost/stand-in-run \
  --secret "id=npmrc,src=$work/npmrc" -v "$trust:/run/trust.pem:ro" -v "$(npm --loglevel=error config get cache):/root/.npm:O" \
  -f deploy/Dockerfile -t garim . > "$work/build.log" 2>&1 || { tail -40 "$work/build.log"; exit 1; }
took 'deploy/Dockerfile built'
size() { podman image inspect "$1" --format '{{.Size}}'; }
printf '%s MB, %s MB of them the base\n' $(($(size garim) / 1000000)) $(($(size localhost/stand-in-run) / 1000000))
root=$(podman image mount garim)
check 'no shell, no package manager and no interpreter but Node is in the image' test -z "$(find "$root" \( -type f -o -type l \) -regextype posix-extended \
  -regex '.*/(s?bin)/(.*)' ! -path "$root/nodejs/bin/node" ! -path "$root/app/node_modules/*" -print -o -type f \
  -regextype posix-extended -regex '.*/(sh|bash|dash|ash|busybox|perl|python[0-9.]*|npm|npx|apt|apt-get|dpkg)' -print)"
check 'nothing of the build machine is in it' test ! -e "$root/root/.npmrc" -a ! -e "$root/root/.npm" -a ! -e "$root/run/trust.pem" -a ! -e "$root/app/.npmrc"
check 'nor tests, sources or a secret of the checkout' test "$(cd "$root/app" && echo *)" = 'dist models node_modules package.json'
check 'everything of it belongs to root but the state' diff <(echo var/lib/garim) <(find "$root" ! -uid 0 -printf '%P\n')
podman image unmount garim > /dev/null
check 'its user is 65532' test "$(podman image inspect garim --format '{{.User}}')" = 65532:65532
check 'nothing that was pruned is missed' podman run --rm -i --read-only --tmpfs /tmp "${limits[@]}" --entrypoint /nodejs/bin/node garim \
  --input-type=module - < test/deploy/loads.mjs
took 'looked at'

echo '--- deploy/compose.yaml'
mkdir "$work/box"
cp deploy/compose.yaml "$work/box/"
cd "$work/box" || exit 1
printf 'cameras: { street: { source: simulated } }\nhttp: { listen: 0.0.0.0:8080 }\nrtsp: { listen: 0.0.0.0:8554 }\n' > garim.yaml
password=$(od -An -N12 -tx1 /dev/urandom | tr -d ' \n')
printf 'GARIM_USER=garim\nGARIM_PASSWORD=%s\n' "$password" > garim.env
# What Debian's podman-compose leaves out of a service is read from the file and handed on; podman's own tmpfs for /run and /var/tmp, which Docker does
# not give, stay out.
key() { node -p 'require(process.argv[1]).parse(require("fs").readFileSync("compose.yaml", "utf8")).services.garim[process.argv[2]]' "$checkout/node_modules/yaml" "$1"; }
extra="--memory-swap $(key memswap_limit) --pids-limit $(key pids_limit) --read-only-tmpfs=false ${limits[*]}"
compose() { podman-compose --podman-run-args="$extra" -f compose.yaml "$@" > "$work/compose.log" 2>&1; }
name=box_garim_1
answers() { curl -sf -o /dev/null http://127.0.0.1:8080/healthz; }
api() { curl -sf -u "garim:$password" "http://127.0.0.1:8080$1"; }
is_live() { api /api/cameras | grep -q '"state":"live"'; }
frame() {
  timeout 20 ffmpeg -nostdin -v error -rtsp_transport tcp -i "rtsp://garim:$password@127.0.0.1:8554/street" -frames:v 1 -f rawvideo -y "$work/frame" && [ -s "$work/frame" ]
}
# inside FILE-OR-CODE: Node in the running container.
engine=podman
inside() { "$engine" exec "$name" /nodejs/bin/node -e "$1"; }
read_inside() { inside "process.stdout.write(require('node:fs').readFileSync('$1', 'utf8'))"; }

bytes=$(numfmt --from=iec "$(key mem_limit | tr a-z A-Z)")
# fenced: of the first process of the container, who it is and what it may.
fenced() {
  local status
  status=$(read_inside /proc/1/status)
  check 'its process is 65532' grep -qE '^Uid:\s+65532\s+65532' <<< "$status"
  check 'it has no capability, not even to gain' grep -qE '^CapBnd:\s+0+$' <<< "$status"
  check 'it gains no privileges' grep -qE '^NoNewPrivs:\s+1' <<< "$status"
  check 'its system calls are filtered' grep -qE '^Seccomp:\s+2' <<< "$status"
}
# limit WHAT FILE-V1 FILE-V2 WANTED-V1 WANTED-V2: as the kernel holds it.
limit() {
  local found
  if found=$(read_inside "/sys/fs/cgroup/$2" 2> /dev/null); then
    check "$1 is held to $4" test "$found" = "$4"
  elif found=$(read_inside "/sys/fs/cgroup/$3" 2> /dev/null); then
    check "$1 is held to $5" test "$found" = "$5"
  else
    echo "skipped: $1 is not limited on this machine (no such controller)"
  fi
}
# as_composed: what compose.yaml asks for, as the kernel holds it.
as_composed() {
  check 'no shell can be started in it' refuses "$engine" exec "$name" /bin/sh -c true
  local writable
  writable="$(inside '
    const fs = require("node:fs");
    const found = [];
    const walk = (dir) => {
      try { fs.rmdirSync(fs.mkdtempSync(`${dir}/w`)); found.push(dir || "/"); } catch {}
      let entries = [];
      try { entries = fs.readdirSync(`${dir}/`, { withFileTypes: true }); } catch {}
      for (const entry of entries) if (entry.isDirectory() && !/^\/(proc|sys)$/.test(`${dir}/${entry.name}`)) walk(`${dir}/${entry.name}`);
    };
    walk("");
    console.log(found.join("\n"));')"
  check 'it can write to its state' grep -qx /var/lib/garim <<< "$writable"
  check 'and to /tmp' grep -qx /tmp <<< "$writable"
  # Memory, not files; Docker and Kubernetes give them to every container.
  check 'and nowhere else but the memory that every container shares with itself' test -z "$(grep -vE '^(/tmp|/var/lib/garim|/dev/shm|/dev/mqueue)(/|$)' <<< "$writable")"
  fenced
  check 'it dumps no core' grep -qE '^Max core file size +0 +0' <<< "$(read_inside /proc/1/limits)"
  limit memory memory/memory.limit_in_bytes memory.max "$bytes" "$bytes"
  limit 'memory with swap' memory/memory.memsw.limit_in_bytes memory.swap.max "$bytes" 0
  limit 'number of processes' pids/pids.max pids.max "$(key pids_limit)" "$(key pids_limit)"
}

compose up -d --no-build || cat "$work/compose.log"
check '/healthz answers' within 120 answers
check 'the HEALTHCHECK of the image says so' podman healthcheck run "$name"
check 'the camera is live' within 120 is_live
check 'a frame of the filtered feed can be pulled over RTSP over TCP' within 60 frame
check 'no library of it reports to anybody' refuses grep -qi telemetry <<< "$(podman logs "$name" 2>&1)"
check 'without a password nothing can' refuses curl -sf http://127.0.0.1:8080/cameras/street/snapshot.jpg
here_only() { test -z "$(ss -Hltn '( sport = :8080 or sport = :8554 )' | awk '{ print $4 }' | grep -v '^127\.0\.0\.1:')"; }
check 'it is published on this machine only' here_only
took 'up, first frame'
as_composed
took 'what it can do'

echo '--- Ended, and back'
vkey() { api /api/cameras | grep -oE '[a-z0-9.-]+/box/[0-9a-f]+\+[0-9a-f]+\+[A-Za-z0-9+/=]+' | head -1; }
before=$(vkey)
check 'it has a key for its record' test -n "$before"
main=$(podman inspect "$name" --format '{{.State.Pid}}')
kill -KILL "$main"
replaced() { local now; now=$(podman inspect "$name" --format '{{.State.Pid}}'); [ "$now" -ne 0 ] && [ "$now" -ne "$main" ] && is_live; }
check 'killed, it is started again by the engine' within 120 replaced
check 'with its state: the record has the same key' test "$(vkey)" = "$before"
took 'killed and back'
stopped_at=$EPOCHREALTIME
podman stop -t 10 "$name" > /dev/null
stop_s=$(bc -l <<< "$EPOCHREALTIME - $stopped_at")
check "it ends by itself within its grace (in ${stop_s%???} s of 10)" test "$(podman inspect "$name" --format '{{.State.ExitCode}}')" = 0
took 'stopped'
check 'its record verifies' podman run --rm --network none --read-only -v box_state:/var/lib/garim "${limits[@]}" garim ledger verify --state /var/lib/garim
compose down && compose up -d --no-build || cat "$work/compose.log"
check 'a new container of the same volume is live' within 120 is_live
check 'and continues the same record' test "$(vkey)" = "$before"
took 'replaced by a new container'
compose down || cat "$work/compose.log"

echo '--- The pod of deploy/k3s/garim.yaml'
# podman knows no StatefulSet and no Secret as a file: the pod is the template of the first, and the second becomes a ConfigMap of the same content.
cd "$checkout" || exit 1
node test/deploy/pod.mjs "$work/box/garim.yaml" "$work/box/garim.env" > "$work/pod.yaml" || exit 1
podman kube play "$work/pod.yaml" > "$work/kube.log" 2>&1 || cat "$work/kube.log"
name=garim-garim
check 'the camera is live' within 120 is_live
check 'a frame of the filtered feed can be pulled' within 60 frame
fenced
check 'its root cannot be written to' inside '
  try { require("node:fs").mkdirSync("/app/x"); } catch (error) { process.exit(error.code === "EROFS" ? 0 : 1); }
  process.exit(1);'
limit memory memory/memory.limit_in_bytes memory.max "$bytes" "$bytes"
podman kube down "$work/pod.yaml" > "$work/kube.log" 2>&1 || cat "$work/kube.log"
took 'as a pod'

echo '--- deploy/compose.yaml under Docker'
# In a place of its own, without a rule in the machine's packet filter: docker-proxy publishes the ports.
docker_up() {
  export DOCKER_HOST=unix://$work/docker.sock
  dockerd --data-root "$work/docker" --exec-root "$work/docker-run" --pidfile "$work/docker.pid" -H "$DOCKER_HOST" \
    --iptables=false --ip6tables=false --ip-masq=false --bridge=none > "$work/dockerd.log" 2>&1 &
  dockerd=$!
  within 20 docker info > /dev/null
}
compose() { docker-compose -f compose.yaml "$@" > "$work/compose.log" 2>&1; }
if ! command -v dockerd > /dev/null || ! command -v docker-compose > /dev/null || ! docker_up; then
  echo 'skipped: needs a Docker that runs, not found on this machine'
  [ ! -e "$work/dockerd.log" ] || tail -3 "$work/dockerd.log"
else
  cd "$work/box" || exit 1
  podman save -q garim | docker load -q > "$work/load.log" 2>&1 || cat "$work/load.log"
  docker tag localhost/garim:latest garim:latest
  took 'image handed over'
  check 'docker-compose reads the file' compose config
  engine=docker
  compose up -d --no-build || cat "$work/compose.log"
  name=$(docker ps -q)
  check 'the camera is live' within 120 is_live
  check 'a frame of the filtered feed can be pulled' within 60 frame
  check 'it is published on this machine only' here_only
  as_composed
  before=$(vkey)
  kill -KILL "$(docker inspect "$name" --format '{{.State.Pid}}')"
  started_again() { [ "$(docker inspect "$name" --format '{{.RestartCount}}')" -gt 0 ] && is_live; }
  check 'killed, it is started again by the engine' within 120 started_again
  check 'with its state: the record has the same key' test "$(vkey)" = "$before"
  # Docker runs it by itself every 30 s; here its command is run once, as it stands in the image.
  mapfile -t health < <(docker inspect "$name" --format '{{range .Config.Healthcheck.Test}}{{println .}}{{end}}')
  check 'the HEALTHCHECK of the image says that it is well' docker exec "$name" "${health[@]:1:3}"
  docker stop -t 10 "$name" > /dev/null
  check 'it ends by itself within its grace' test "$(docker inspect "$name" --format '{{.State.ExitCode}}')" = 0
  compose down -v || cat "$work/compose.log"
  took 'under Docker'
fi

counted
