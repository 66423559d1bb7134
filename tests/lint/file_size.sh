#!/bin/bash
# No file past 500 lines without a reason.
set -euo pipefail
cd "$1"
find core ingest db dns report cli bench -name '*.[ch]' -exec wc -l {} + |
    awk '$2 != "total" && $1 > 500 { print $2 " has " $1 " lines"; bad = 1 } END { exit bad }'
