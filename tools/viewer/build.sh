#!/usr/bin/env bash
# Bundles three.js for the page of `vidmotion view`, with its licence. Needs node; the package itself does not.
set -euo pipefail
cd "$(dirname "$0")"
page=../../vidmotion/viewer/page
npm ci --silent --ignore-scripts
./node_modules/.bin/esbuild three.js --bundle --minify --format=iife --global-name=THREE --target=es2022 \
  --legal-comments=none --charset=ascii --outfile="$page/three.bundle.js" --log-level=warning
cp node_modules/three/LICENSE "$page/three.LICENSE.txt"
