#!/bin/bash
# Who may include whom, and one door for each outside library.
# Usage: layers.sh TREE; with --self-test it must find what is wrong in a tree made for it.
set -euo pipefail

rooms='core ingest db dns report cli'
declare -A may=(
    [core]='core'
    [ingest]='core ingest'
    [db]='core db'
    [dns]='core dns'
    [report]='core dns report'
    [cli]='core ingest db dns report cli'
)
# header pattern -> files that may include it
doors=(
    'libxml/ ingest/xml*.[ch]'
    'zip\.h ingest/zip.c'
    'zlib\.h ingest/gzip.c'
    'libdeflate\.h ingest/gzip.c'
    'gmime/ ingest/mime.c'
    'libpq-fe\.h db/*'
    'libpsl\.h dns/*'
    'idn2\.h dns/*'
    'ares\.h dns/transport.c'
    'openssl/ ingest/digest.c dns/dkim_key.c'
    'libloc/ dns/origin.c'
    'maxminddb\.h dns/origin.c'
    'arpa/nameser dns/wire.c'
    'curl/ ingest/imap_conn.c ingest/oauth_http.c'
    'jansson\.h ingest/oauth_reply.c'
    'confuse\.h cli/config*.[ch]'
    'xxhash\.h core/hash.c'
)

check() {
    local tree=$1 bad=0 room file target door pattern allowed ok glob
    cd "$tree"
    for room in $rooms; do
        for file in "$room"/*.[ch]; do
            [ -e "$file" ] || continue
            while read -r target; do
                case " ${may[$room]} " in
                    *" ${target%%/*} "*) ;;
                    *) echo "$file includes $target: $room may include only ${may[$room]}"; bad=1 ;;
                esac
            done < <(sed -n 's|^#include "\([a-z]*/[^"]*\)".*|\1|p' "$file")
        done
    done
    for door in "${doors[@]}"; do
        pattern=${door%% *} allowed=${door#* }
        while read -r file; do
            ok=0
            for glob in $allowed; do
                # shellcheck disable=SC2053 # a pattern is meant
                [[ $file == $glob ]] && ok=1
            done
            [ $ok = 1 ] || { echo "$file includes <$pattern>: its door is $allowed"; bad=1; }
        done < <(grep -lE "^#include <$pattern" core/*.[ch] ingest/*.[ch] db/*.[ch] dns/*.[ch] report/*.[ch] cli/*.[ch] 2>/dev/null || true)
    done
    # SQL lives in .sql files and db/
    if grep -nE '"(SELECT|INSERT INTO|UPDATE|DELETE FROM|CREATE TABLE) ' core/*.c ingest/*.c dns/*.c report/*.c cli/*.c 2>/dev/null; then
        echo "SQL outside db/"
        bad=1
    fi
    return $bad
}

# A test that cannot fail is none: two sins in a small tree must be found.
self_test() {
    local tree
    tree=$(mktemp -d)
    trap 'rm -rf "$tree"' RETURN
    mkdir -p "$tree"/{core,ingest,db,dns,report,cli}
    echo '#include "db/db.h"' > "$tree/ingest/a.c"
    echo '#include <zlib.h>' > "$tree/report/b.c"
    local said
    said=$( (check "$tree") || true)
    [[ $said == *"ingest/a.c includes db/db.h"* && $said == *"report/b.c includes <zlib"* ]] ||
        { echo "the rules find nothing in a tree that breaks them"; return 1; }
}

self_test
check "$1"
