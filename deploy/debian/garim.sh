#!/bin/sh
# The Node of the package garim-node, else the system's.
node=/usr/lib/garim-node/bin/node
[ -x "$node" ] || node=/usr/bin/node
exec "$node" /usr/lib/garim/dist/edge/main.js "$@"
