#!/bin/bash
# clang-format decides layout (version 14: others differ in details).
set -euo pipefail
cd "$1"
command -v clang-format-14 > /dev/null || { echo "skipped: clang-format-14 is not installed"; exit 77; }
find core ingest db dns report cli tests bench -name '*.[ch]' -print0 |
    xargs -0 clang-format-14 --dry-run --Werror
