#!/bin/bash
# Who may include whom (rooms, and the wings inside them), which headers are seen outside of their wing, and one
# door for each outside library.
# Usage: layers.sh TREE; with --self-test it must find what is wrong in a tree made for it.
set -euo pipefail

rooms=(core ingest db dns report cli)
declare -A may=(
    [core]='core'
    [ingest]='core ingest'
    [db]='core db'
    [dns]='core dns'
    [report]='core dns report'
    [cli]='core ingest db dns report cli'
)
# wing | wings of the same room that it may include | headers that other rooms see | headers that other wings of
# the room see. A room's own folder is a wing, too. No wing stands before one that includes it: so no circles.
wings=(
    'core | | * |'

    'ingest/imap | ingest ingest/stream | imap.h url.h conn.h |'
    'ingest | ingest/auth ingest/bounce ingest/files ingest/mail ingest/xml ingest/stream | budget.h pipeline.h workers.h totals.h clock.h |'
    'ingest/oauth | ingest/record | oauth.h login.h provider.h |'
    'ingest/bounce | ingest/auth ingest/files ingest/mail ingest/record ingest/stream | bounce.h |'
    'ingest/files | ingest/stream | walk.h | archive.h mbox.h opened.h'
    'ingest/mail | ingest/stream | | joint.h mime.h pkcs7.h rawscan.h'
    'ingest/auth | | authenticate.h | author.h field.h'
    'ingest/xml | ingest/record ingest/stream | | together.h xml.h'
    'ingest/record | | | digest.h normalise.h'
    'ingest/stream | | spool.h | cr.h gzip.h meter.h peek.h sniff.h stream.h wide.h zip.h'

    'db | db/read db/store db/pg | distribute.h forget.h migrate.h prune.h status.h |'
    'db/load | db/store db/pg | load.h |'
    'db/read | db/store db/pg | query.h rollup.h |'
    'db/store | db/pg | bounce.h history.h judgement.h label.h mailbox.h quarantine.h snapshot.h stamp.h stored.h | document.h'
    'db/cluster | db/pg | cluster.h |'
    'db/pg | | conninfo.h db.h | array_text.h copy.h locks.h pg.h result.h'

    'dns/spf | dns/ask | spf.h |'
    'dns | dns/ask | dkim_key.h dmarc.h dnsbl.h mail_key.h names.h origin.h |'
    'dns/ask | | answer.h resolver.h |'

    'report/site | report/render report report/remedy report/sender | site.h |'
    'report/render | report report/readiness report/bounce report/remedy report/sender report/catalogue | render.h | html.h overview.h todo.h'
    'report/bounce | report report/remedy report/sender report/catalogue | class.h explain.h rules.h |'
    'report/watch | report/readiness report report/remedy report/sender report/catalogue | watch.h looks.h |'
    'report/readiness | report report/remedy report/sender report/catalogue | readiness.h |'
    'report | report/remedy report/sender report/catalogue | ahead.h command.h inventory.h one_record.h roster.h | refused.h todo.h'
    'report/remedy | report/sender report/catalogue | | address.h dmarc_edit.h keys.h parked.h remedy.h signing.h spf_edit.h'
    'report/sender | report/catalogue | | asked.h classify.h finding.h group.h habit.h knowledge.h rhythm.h scope.h score.h sentence.h tenant.h tie.h weigh.h zone.h'
    'report/catalogue | | catalogue.h | csv.h'

    'cli | cli/command cli/bounce cli/judge cli/site cli/app | |'
    'cli/command | cli/intake cli/mailbox cli/app cli/config | | commands.h'
    'cli/site | cli/app cli/config | | site.h'
    'cli/judge | cli/app cli/config | | judge_commands.h'
    'cli/bounce | cli/intake cli/mailbox cli/app cli/config | | bounce_commands.h'
    'cli/intake | cli/mailbox cli/app cli/config | | choice.h ingest_imap.h own.h progress.h summary.h'
    'cli/mailbox | cli/app cli/config | | mailbox.h oauth_settings.h'
    'cli/app | cli/config | | app.h dns_run.h domains.h facts.h mail_keys.h notes.h ready_windows.h senders.h'
    'cli/config | | | config.h group.h oauth.h'
)
# header pattern -> files that may include it
doors=(
    'libxml/ ingest/xml/*'
    'zip\.h ingest/stream/zip.c'
    'zlib\.h ingest/stream/gzip.c'
    'libdeflate\.h ingest/stream/gzip.c'
    'gmime/ ingest/mail/mime.c'
    'libpq-fe\.h db/pg/*'
    'libpsl\.h dns/*'
    'idn2\.h dns/*'
    'ares\.h dns/ask/transport.c'
    'openssl/ cli/main.c ingest/auth/crypto.c ingest/record/digest.c dns/dkim_key.c'
    'libloc/ dns/origin.c'
    'maxminddb\.h dns/origin.c'
    'arpa/nameser dns/ask/wire.c'
    'curl/ ingest/imap/conn.c ingest/oauth/http.c'
    'jansson\.h ingest/oauth/reply.c'
    'confuse\.h cli/config/*'
    'xxhash\.h core/hash.c'
)

declare -A wing_may wing_outside wing_inside
wing_order=()

trim() {
    local words
    read -r -a words <<< "$1"
    echo "${words[*]}"
}

read_wings() {
    local row wing seen below
    for row in "${wings[@]}"; do
        IFS='|' read -r wing wing_row_may outside inside <<< "$row"
        wing=$(trim "$wing")
        wing_may[$wing]=$(trim "$wing_row_may")
        wing_outside[$wing]=$(trim "$outside")
        wing_inside[$wing]=$(trim "$inside")
        wing_order+=("$wing")
    done
    # the order proves that there are no circles
    for wing in "${wing_order[@]}"; do
        seen="${seen:-} $wing "
        for below in ${wing_may[$wing]}; do
            [[ $seen != *" $below "* ]] || { echo "the table itself: $wing may include $below, which stands above it"; return 1; }
        done
    done
}

# check_include FILE TARGET: one include line; says what is wrong with it.
check_include() {
    local wing=${1%/*} target_wing=${2%/*} header=${2##*/} room=${1%%/*} target_room=${2%%/*}
    [[ " ${may[$room]} " == *" $target_room "* ]] || { echo "$1 includes $2: $room may include only ${may[$room]}"; return; }
    [ "$wing" != "$target_wing" ] || return 0
    if [ "$room" != "$target_room" ]; then
        [[ " ${wing_outside[$target_wing]-} " == *" $header "* || ${wing_outside[$target_wing]-} == '*' ]] ||
            echo "$1 includes $2: other rooms see only ${wing_outside[$target_wing]:-nothing} of $target_wing"
        return
    fi
    [[ " ${wing_may[$wing]-} " == *" $target_wing "* ]] ||
        echo "$1 includes $2: $wing may include only ${wing_may[$wing]:-nothing} of its room"
    [[ " ${wing_outside[$target_wing]-} ${wing_inside[$target_wing]-} " == *" $header "* ]] ||
        echo "$1 includes $2, which is private to $target_wing"
}

check() {
    local tree=$1 bad=0 file target door pattern allowed ok glob said folder
    cd "$tree"
    said=$(grep -rEo --include='*.[ch]' '^#include "[a-z_]+/[^"]*"' "${rooms[@]}" | sed 's|:#include "| |; s|"$||' |
        while read -r file target; do check_include "$file" "$target"; done)
    [ -z "$said" ] || { echo "$said"; bad=1; }
    while read -r folder; do
        [ -n "${wing_may[$folder]+there}" ] || { echo "$folder is no wing that the table knows"; bad=1; }
        [ "$(find "$folder" -maxdepth 1 -name '*.c' | wc -l)" -le 25 ] || { echo "$folder has more than 25 sources"; bad=1; }
    done < <(find "${rooms[@]}" -name '*.[ch]' -printf '%h\n' | sort -u)
    for door in "${doors[@]}"; do
        pattern=${door%% *} allowed=${door#* }
        while read -r file; do
            ok=0
            for glob in $allowed; do
                # shellcheck disable=SC2053 # a pattern is meant
                [[ $file == $glob ]] && ok=1
            done
            [ $ok = 1 ] || { echo "$file includes <$pattern>: its door is $allowed"; bad=1; }
        done < <(grep -rlE --include='*.[ch]' "^#include <$pattern" "${rooms[@]}" || true)
    done
    # SQL lives in .sql files and db/
    if grep -rnE --include='*.c' '"(SELECT|INSERT INTO|UPDATE|DELETE FROM|CREATE TABLE) ' core ingest dns report cli; then
        echo "SQL outside db/"
        bad=1
    fi
    return $bad
}

# A test that cannot fail is none: each kind of sin in a small tree must be found.
self_test() {
    local tree said word
    tree=$(mktemp -d)
    trap 'rm -rf "$tree"' RETURN
    mkdir -p "$tree"/{core,ingest/{xml,imap,attic},db,dns/ask,report/render,cli}
    echo '#include "db/migrate.h"' > "$tree/ingest/a.c"
    echo '#include <zlib.h>' > "$tree/report/render/b.c"
    echo '#include "ingest/imap/imap.h"' > "$tree/ingest/xml/c.c"
    echo '#include "ingest/xml/priv.h"' > "$tree/ingest/d.c"
    echo '#include "dns/ask/wire.h"' > "$tree/report/render/e.c"
    touch "$tree/ingest/attic/f.c" "$tree/ingest/imap/"{a..z}.c
    said=$( (check "$tree") || true)
    for word in 'ingest/a.c includes db/migrate.h' 'report/render/b.c includes <zlib' 'ingest/xml/c.c includes ingest/imap/imap.h: ingest/xml may' \
        'ingest/d.c includes ingest/xml/priv.h, which is private' 'e.c includes dns/ask/wire.h: other rooms see' \
        'ingest/attic is no wing' 'ingest/imap has more than 25'; do
        [[ $said == *"$word"* ]] || { echo "not found in a tree that breaks the rules: $word; it says: $said"; return 1; }
    done
}

read_wings
self_test
[ "$1" = --self-test ] || check "$1"
