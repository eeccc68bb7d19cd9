#!/bin/bash
# Builds the Debian packages: deploy/build-deb.sh [amd64|arm64] [FOLDER]
#
# garim       Garim with its production dependencies for that one platform
# garim-node  Node, for boxes that have none: Debian 12 has only Node 18. A package of its own, so that a fault in Node is mended without
#             touching Garim, and so that a box with nodejs (>= 20.19) needs no second one.
#
# Node comes from the npm registry, locked by digest in deploy/runtime/. Nothing is fetched but what the two lock files name, no install
# script runs, and packages for another platform are built by asking npm for that platform's parts. Needs: Node and npm, a build
# (`npm run build`), dpkg-deb. GARIM_DEB_REVISION is the Debian revision, 1 unless set; GARIM_DEB_LEVEL the level of xz, 6 unless set.
set -euo pipefail
cd "$(dirname "$0")/.."

# Packages beyond this are a mistake: small boxes have 8 GB of flash, and two versions lie there during an update. Most of both are four files that
# nothing can be taken out of: libav with its codecs, Node, onnxruntime, libvips.
readonly GARIM_MB_MAX=275 NODE_MB_MAX=112

arch=${1:-$(dpkg --print-architecture)}
out=$(realpath -m "${2:-dist/deb}")
case $arch in
  amd64) cpu=x64 gnu=x86_64-linux-gnu ;;
  arm64) cpu=arm64 gnu=aarch64-linux-gnu ;;
  *) echo "$arch: packages are built for amd64 and arm64" >&2; exit 1 ;;
esac
[ -e dist/edge/main.js ] || { echo 'dist/edge is missing: run npm run build first' >&2; exit 1; }

version=$(node -p 'require("./package.json").version')-${GARIM_DEB_REVISION:-1}
# The same input gives the same package: times are those of the commit.
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2> /dev/null || stat -c %Y package.json)}
export SOURCE_DATE_EPOCH
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/root
lib=$root/usr/lib/garim
umask 022

# What npm brings for one platform, by its lock file.
install_locked() {
  mkdir -p "$2"
  cp "$1/package.json" "$1/package-lock.json" .npmrc "$2/"
  (cd "$2" && npm ci --omit=dev --ignore-scripts --no-audit --no-fund --loglevel=error --os=linux --cpu="$cpu" --libc=glibc)
}
install_locked . "$work/app"
install_locked deploy/runtime "$work/runtime"

mkdir -p "$lib/dist"
cp package.json LICENSE "$lib/"
cp -r dist/edge "$lib/dist/"
mkdir "$lib/models"
cp -r models/manifest.json models/embedded models/cards "$lib/models/"
cp -r "$work/app/node_modules" "$lib/"
runtime=$work/runtime/node_modules/node-linux-$cpu

modules=$lib/node_modules
deploy/prune-modules.sh "$modules" "$cpu"
find "$lib" -type d -empty -delete

install -D -m 755 deploy/debian/garim.sh "$root/usr/bin/garim"
install -D -m 644 -t "$root/lib/systemd/system" deploy/systemd/*.{service,path}
install -D -m 644 -t "$root/usr/lib/systemd/journald.conf.d" deploy/journald/garim.conf
install -D -m 644 -t "$root/usr/share/garim" deploy/debian/garim.yaml deploy/garim.example.yaml deploy/policy.example.yaml deploy/city.ttl
install -D -m 644 -t "$root/usr/share/garim/presets" deploy/presets/*.yaml
doc=$root/usr/share/doc/garim
install -D -m 644 -t "$doc" README.md deploy/OPERATIONS.md deploy/debian/copyright
printf 'garim (%s) stable; urgency=medium\n\n  * See the history of the source.\n\n -- Garim <garim@localhost>  %s\n' \
  "$version" "$(date -R -u -d "@$SOURCE_DATE_EPOCH")" | gzip -9n > "$doc/changelog.Debian.gz"
# What is in the package, for machines and for lawyers; both from the lock files, not from memory.
(cd "$work/app" && npm sbom --package-lock-only --omit=dev --sbom-format=cyclonedx --loglevel=error) > "$work/sbom.json"
node deploy/licences.mjs "$work/sbom.json" "$lib" "$doc"

# Node. Symbols are a seventh of it, and Debian's own package ships none; another platform's need its own tool.
node_root=$work/node
install -D -m 755 "$runtime/bin/node" "$node_root/usr/lib/garim-node/bin/node"
install -D -m 644 "$runtime/LICENSE" "$node_root/usr/share/doc/garim-node/copyright"
strip=strip
[ "$arch" = "$(dpkg --print-architecture)" ] || strip=$gnu-strip
if command -v "$strip" > /dev/null; then
  "$strip" "$node_root/usr/lib/garim-node/bin/node"
else
  echo "$strip is not here: Node keeps its symbols"
fi

# pack TREE NAME VERSION MB_MAX: checks what it takes installed, and builds it.
pack() {
  local tree=$1 name=$2 version=$3 mb_max=$4 kib mb
  find "$tree" -type d -exec chmod 755 {} +
  find "$tree" -type f ! -perm -u+x -exec chmod 644 {} +
  kib=$(du -sk --apparent-size "$tree" | cut -f1)
  mb=$((kib * 1024 / 1000000))
  echo "$name $version $arch: $mb MB installed; the largest:"
  (cd "$tree" && find . -type f -printf '%s %P\n' | sort -rn | awk 'NR <= 4 { printf "%6.1f MB  %s\n", $1 / 1e6, $2 }')
  if [ "$mb" -gt "$mb_max" ]; then
    echo "more than $mb_max MB:" >&2
    (cd "$tree" && du -am usr | sort -rn | head -20) >&2
    exit 1
  fi
  mkdir "$tree/DEBIAN"
  sed -e "s/@VERSION@/$version/; s/@ARCH@/$arch/; s/@KIB@/$kib/" "deploy/debian/$name.control" > "$tree/DEBIAN/control"
  if [ "$name" = garim ]; then
    install -m 755 -t "$tree/DEBIAN" deploy/debian/{postinst,prerm,postrm}
    install -m 644 -t "$tree/DEBIAN" deploy/debian/templates
  fi
  (cd "$tree" && find . -path ./DEBIAN -prune -o -type f -printf '%P\0' | sort -z | xargs -0 md5sum) > "$tree/DEBIAN/md5sums"
  find "$tree" -newermt "@$SOURCE_DATE_EPOCH" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
  dpkg-deb --root-owner-group -Zxz -z"${GARIM_DEB_LEVEL:-6}" --build "$tree" "$out/${name}_${version}_$arch.deb"
}

mkdir -p "$out"
pack "$root" garim "$version" "$GARIM_MB_MAX"
pack "$node_root" garim-node "$(node -p 'require(process.argv[1]).version' "$runtime/package.json")-${GARIM_DEB_REVISION:-1}" "$NODE_MB_MAX"
