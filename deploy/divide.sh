#!/bin/bash
# Divides a manifest in CSV into parts that lie beside it, from where its paths count: deploy/divide.sh clips.csv 16
set -euo pipefail
HEADER=$(head -n 1 "$1")
export HEADER
# shellcheck disable=SC2016  # split's own shell expands them
tail -n +2 "$1" | split -d -n "r/$2" --additional-suffix=.csv \
  --filter='(echo "$HEADER"; cat) > "$FILE"' - "$(dirname "$1")/part-"
