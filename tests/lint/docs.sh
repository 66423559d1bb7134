#!/bin/bash
# The documents keep up with the program: the manual page is clean and names every command and
# long option, and relative links in *.md lead somewhere.
# Usage: docs.sh TREE; docs.sh --self-test: what is wrong in a tree made for it must be found. A run on
# TREE begins with that.
set -euo pipefail
command -v mandoc > /dev/null || { echo "skipped: mandoc is not installed"; exit 77; }

# {"jobs", required_argument, ...} -> jobs
options() {
    grep -rohE --include='*.[ch]' '\{"[a-z][a-z0-9-]*", *(no|required|optional)_argument,' cli | cut -d '"' -f 2 | sort -u
}

# {"db migrate", NEED_DB_ANY, ... -> db migrate
commands() {
    grep -rohE --include='*.c' '\{"[a-z]+( [a-z]+)?", *NEED_' cli | cut -d '"' -f 2 | sort -u
}

# docs/reading.md, json.md#status, ...: targets of inline links and images that are files of ours
links() {
    grep -oE '\]\([^) ]+\)' "$1" | sed -E 's/^\]\(//; s/\)$//; s/#.*//' |
        grep -vE '^$|^[a-z][a-z0-9+.-]*:' || true
}

check() {
    local tree=$1 bad=0 page=docs/ruascope.1 file target name
    cd "$tree"
    mandoc -Tlint -Wwarning "$page" || bad=1
    while read -r name; do
        grep -qE "Fl -$name( |$)" "$page" || { echo "$page says nothing of --$name"; bad=1; }
    done < <(options)
    while read -r name; do
        grep -qE "^\.It Cm $name( |$)" "$page" || { echo "$page says nothing of: $name"; bad=1; }
    done < <(commands)
    while IFS= read -r -d '' file; do
        while read -r target; do
            [ -e "$(dirname "$file")/$target" ] || { echo "$file: $target does not exist"; bad=1; }
        done < <(links "$file")
    done < <(find . \( -name build -o -name .git -o -name corpus \) -prune -o -name '*.md' -print0)
    return $bad
}

write_tree() {
    mkdir -p "$1"/{cli,docs}
    printf '%s\n' '.Dd November 1, 2026' '.Dt RUASCOPE 1' '.Os' '.Sh NAME' '.Nm ruascope' '.Nd read' \
        '.Sh COMMANDS' '.Bl -tag -width Ds' '.It Cm db start Fl -jobs Ar n' 'Start.' '.El' > "$1/docs/ruascope.1"
    printf '%s\n' '{"jobs", required_argument, NULL, 1},' '{"db start", NEED_NOTHING, start, "", ""},' > "$1/cli/a.c"
    echo '#define ROWS {"jobs", required_argument, NULL, 1}' > "$1/cli/a.h"
    echo '[page](docs/ruascope.1#x) [web](https://example.com/) [here](#x)' > "$1/README.md"
}

# A test that cannot fail is none: a good tree passes, and each sin is found.
self_test() {
    local tree said word
    tree=$(mktemp -d)
    trap 'rm -rf "$tree"' RETURN
    write_tree "$tree"
    (check "$tree") || { echo "the rules find something in a tree that keeps them"; return 1; }
    echo '{"job", no_argument, NULL, 2}, {"keep", no_argument, NULL, 3},' >> "$tree/cli/a.h"
    echo '{"db stop", NEED_DB, stop, "", ""},' > "$tree/cli/b.c"
    echo '[gone](gone.md)' > "$tree/docs/a.md"
    echo '.Xyz' >> "$tree/docs/ruascope.1"
    if said=$( (check "$tree") 2>&1); then
        echo "the rules pass a tree that breaks them"
        return 1
    fi
    for word in 'nothing of --job' 'nothing of --keep' 'nothing of: db stop' 'gone.md does not exist' 'Xyz'; do
        [[ $said == *"$word"* ]] || { echo "not found by the rules: $word; they say: $said"; return 1; }
    done
}

self_test
[ "$1" = --self-test ] || check "$1"
