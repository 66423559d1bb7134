#!/bin/bash
# Every script is clean for shellcheck; the manual page must be clean, too.
set -euo pipefail
cd "$1"
command -v shellcheck > /dev/null || { echo "skipped: shellcheck is not installed"; exit 77; }
shellcheck quickstart check .ci/run packages/install tests/lint/*.sh tests/fuzz/run
mandoc -Tlint -Wwarning docs/ruascope.1
