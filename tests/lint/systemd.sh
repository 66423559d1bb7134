#!/bin/bash
# The units: systemd knows every setting in them, and they are closed tightly (systemd-analyze security).
# Usage: systemd.sh TREE. A unit with a mistake and one without protection must be found first.
set -euo pipefail
command -v systemd-analyze > /dev/null || { echo "skipped: systemd-analyze is not installed"; exit 77; }
systemd-analyze security --help > /dev/null 2>&1 || { echo "skipped: systemd-analyze cannot run here"; exit 77; }
most=20 # exposure, in tenths: 100 is naked, 20 is "OK"

tree=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# A copy whose program exists, as verify wants, and whose documents need no man page of an installed one.
prepare() {
    local file=$1 to
    to="$work/$(basename "$file" | sed 's/@\./@test./')"
    sed -E 's|^ExecStart=/usr/local/bin/ruascope|ExecStart=/bin/true|; /^Documentation=/d' "$file" > "$to"
    echo "$to"
}

check_one() {
    local unit said bad=0
    unit=$(prepare "$1")
    # what is said of other units of this machine is not ours
    said=$(systemd-analyze verify --man=no "$unit" 2>&1 || true)
    if grep -F "$(basename "$unit")" <<< "$said"; then
        bad=1
    fi
    case $unit in
        *.service)
            said=$(systemd-analyze security --offline=true --threshold=$most --no-pager "$unit" 2>&1) ||
                { tail -n 1 <<< "$said"; bad=1; }
            ;;
    esac
    return $bad
}

printf '[Service]\nExecStart=/bin/true\nProtectSistem=strict\n' > "$work/wrong.service"
printf '[Service]\nExecStart=/bin/true\n' > "$work/naked.service"
mkdir "$work/in"
mv "$work/wrong.service" "$work/naked.service" "$work/in"
for sin in wrong naked; do
    if check_one "$work/in/$sin.service" > /dev/null; then
        echo "the rules pass $sin.service"
        exit 1
    fi
done

bad=0
prepare "$tree/systemd/ruascope-ingest.service" > /dev/null
for file in "$tree"/systemd/*.service "$tree"/systemd/*.timer; do
    check_one "$file" || { echo "$file: see above"; bad=1; }
done
exit $bad
