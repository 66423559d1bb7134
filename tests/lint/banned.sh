#!/bin/bash
# Functions that are not used here: unbounded, not thread-safe, or silent about errors.
set -euo pipefail
cd "$1"
pattern='\b(strcpy|strcat|strncpy|strncat|sprintf|vsprintf|strtok|atoi|atol|atof|gmtime|localtime|ctime|asctime|gets|system|popen|alloca|tmpnam|mktemp)\('
printf 'strcpy(a, b);\n' | grep -qE "$pattern" # the rule can fail
if grep -rnE "$pattern" --include='*.[ch]' core ingest db dns report cli bench; then
    echo "banned functions above"
    exit 1
fi
