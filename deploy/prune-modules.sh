#!/bin/bash
# Takes out of a folder of production dependencies what one Linux platform does not run: deploy/prune-modules.sh node_modules x64|arm64
# What is named here has to be there: a dependency that changes its shape stops the build instead of growing it in silence.
set -euo pipefail
modules=$1
cpu=$2

# Other platforms' native parts, and what only an install script needs.
find "$modules/onnxruntime-node/bin" -mindepth 3 -maxdepth 3 -type d ! -path "*/linux/$cpu" -exec rm -r {} +
find "$modules/@serialport/bindings-cpp/prebuilds" -mindepth 1 -maxdepth 1 -type d ! -name "linux-$cpu" -exec rm -r {} +
rm -r "$modules/adm-zip" "$modules/unzipper"
# node-av's WebRTC in JavaScript, which nothing of ours loads: werift and what only it needs.
rm -r "$modules"/{werift,werift-dtls,werift-ice,werift-rtp,werift-sctp,mediabunny,mp4box,@shinyoshiaki}
# tfjs brings each library built several times over; Node loads `main`.
for package in "$modules"/@tensorflow/* "$modules"/@tensorflow-models/*; do
  find "$package/dist" -type f ! -name '*.node.js' ! -name '*.wasm' -delete
done
rm -rf "$modules/@tensorflow/tfjs-backend-wasm/wasm-out"
# What packages bring for browsers, for their own tests and to be read.
rm -r "$modules/zod/src" "$modules"/@noble/*/src
find "$modules" -type d \( -name test -o -name tests -o -name coverage -o -name docs -o -name browser -o -name umd \) -prune -exec rm -r {} +
find "$modules" -type f \( -name '*.map' -o -name '*.d.ts' -o -name '*.d.mts' -o -name '*.d.cts' \) -delete
rm -rf "$modules/@types" "$modules/.package-lock.json" "$modules/.bin"
