#!/bin/bash
# No file past 500 lines without a reason.
set -euo pipefail
cd "$1"
bad=0
for file in core/*.[ch] ingest/*.[ch] db/*.[ch] dns/*.[ch] report/*.[ch] cli/*.[ch] bench/*.[ch]; do
    lines=$(wc -l < "$file")
    if [ "$lines" -gt 500 ]; then
        echo "$file has $lines lines"
        bad=1
    fi
done
exit $bad
