#!/bin/bash
# No file past 500 lines without a reason.
set -euo pipefail
cd "$1"
bad=0
while read -r file; do
    lines=$(wc -l < "$file")
    if [ "$lines" -gt 500 ]; then
        echo "$file has $lines lines"
        bad=1
    fi
done < <(find core ingest db dns report cli bench -name '*.[ch]')
exit $bad
