#!/usr/bin/env python3
"""The results of bench/pipeline as a table: table.py CORPUS RESULTS."""

import json
import os
import statistics
import sys


def totals(corpus, name):
    kind, size = name.split(":")
    path = "%s-%s" % (kind, size) + (".xml" if kind == "giant" else "")
    with open(os.path.join(corpus, path + ".totals.json")) as f:
        return json.load(f)


OURS = ("ingest", "processes")


def documents(text):
    """JSON documents, one behind the other."""
    at, found = 0, []
    while at < len(text):
        one, at = json.JSONDecoder().raw_decode(text, at)
        found.append(one)
    return found


def read(path):
    """{set: {what: [(seconds, KiB)]}}, and what ingest got wrong."""
    results, wrong = {}, []
    with open(path) as f:
        for line in f:
            name, what, kib, wall, out = line.rstrip("\n").split("\t", 4)
            told = documents(out)
            # The bounds are of their own clock, which leaves out start and setup: the harder comparison.
            seconds = float(wall) if what in OURS else told[0]["seconds"]
            results.setdefault(name, {}).setdefault(what, []).append((seconds, int(kib)))
            if what in OURS:
                wrong.append((name, told))
    return results, wrong


def check(corpus, told):
    """Every report and record of the corpus has to be stored."""
    bad = 0
    for name, t in told:
        want = totals(corpus, name)
        got = {"reports": sum(d["reports"]["stored"] for d in t), "records": sum(d["records"] for d in t),
               "messages": sum(d["messages"] for d in t)}
        for key, n in got.items():
            if n != want[key]:
                print("WRONG: %s: %s: %d stored, %d made" % (name, key, n, want[key]), file=sys.stderr)
                bad = 1
    return bad


def main():
    corpus = sys.argv[1]
    results, told = read(sys.argv[2])
    labels = (("sax-1", "inflate + SAX, 1 thread"), ("sax-2", "inflate + SAX, 2 threads"),
              ("extract-1", "with extraction, 1 thread"), ("extract-2", "with extraction, 2 threads"),
              ("copy", "bare COPY"), ("ingest", "ruascope ingest --jobs 2"),
              ("processes", "two of them, --jobs 1 each"))
    for name, by_what in results.items():
        t = totals(corpus, name)
        median = {w: statistics.median(s for s, _ in runs) for w, runs in by_what.items()}
        print("\n%s: %d reports, %d records, %.1f MB of XML" % (name.split(":")[0], t["reports"], t["records"],
                                                              t["xml_bytes"] / 1e6))
        print("%-26s %8s %17s %11s %11s %8s %9s %9s" % ("", "seconds", "(range)", "reports/s", "records/s", "MB/s",
                                                       "peak MiB", "x ingest"))
        for what, label in labels:
            if what not in by_what:
                continue
            runs = by_what[what]
            m = median[what]
            print("%-26s %8.3f %17s %11s %11.0f %8s %9.1f %9.2f" % (
                label, m, "(%.3f - %.3f)" % (min(s for s, _ in runs), max(s for s, _ in runs)),
                "-" if what == "copy" else "%.0f" % (t["reports"] / m), t["records"] / m,
                "-" if what == "copy" else "%.1f" % (t["xml_bytes"] / m / 1e6),
                max(k for _, k in runs) / 1024, median["ingest"] / m))
        print("ingest reaches %.2f of the rate of SAX with extraction on 2 threads, %.2f of that on 1"
              % (median["extract-2"] / median["ingest"], median["extract-1"] / median["ingest"]))
    return check(corpus, told)


if __name__ == "__main__":
    sys.exit(main())
