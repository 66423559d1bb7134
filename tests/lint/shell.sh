#!/bin/bash
# Every script is clean for shellcheck.
set -euo pipefail
cd "$1"
command -v shellcheck > /dev/null || { echo "skipped: shellcheck is not installed"; exit 77; }
shellcheck quickstart check .ci/run packages/install packages/unpack tests/lint/*.sh tests/fuzz/run
