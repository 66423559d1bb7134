"""The RFC 7208 suite as lines that a C test reads: tab between fields, \\xNN for what is not plain.

scenario DESCRIPTION
rr NAME TYPE DATA [DATA...]      TYPE TIMEOUT: questions about what does not stand before time out
test NAME HOST HELO MAILFROM EXPLANATION RESULT...
"""
import sys

import yaml


def clean(value):
    data = value.encode("latin-1", "surrogateescape") if isinstance(value, str) and all(ord(c) < 256 for c in value) else str(value).encode()
    return "".join(chr(b) if 0x21 <= b <= 0x7E and b != 0x5C or b == 0x20 else f"\\x{b:02x}" for b in data)


def records(name, zone):
    """SPF records are TXT records too, unless TXT ones stand there; TXT: NONE takes that back."""
    texts = [r["TXT"] for r in zone if isinstance(r, dict) and "TXT" in r]
    for r in zone:
        if isinstance(r, str):
            yield name, "TIMEOUT"
            continue
        (kind, data), = r.items()
        if kind == "SPF":
            if texts:
                continue
            kind = "TXT"
        if kind == "TXT" and data == "NONE":
            continue
        if data == "TIMEOUT":
            yield name, "TIMEOUT"
            continue
        yield name, kind, *(data if isinstance(data, list) else [data])


def main(source):
    for scenario in yaml.safe_load_all(open(source, encoding="utf-8")):
        if not scenario:
            continue
        print("scenario", clean(scenario["description"]), sep="\t")
        for name, zone in scenario.get("zonedata", {}).items():
            for record in records(name, zone):
                print("rr", *map(clean, record), sep="\t")
        for name, test in scenario["tests"].items():
            results = test["result"] if isinstance(test["result"], list) else [test["result"]]
            explanation = test.get("explanation", "DEFAULT")
            print("test", clean(name), clean(test["host"]), clean(test["helo"]), clean(test.get("mailfrom") or ""), clean(explanation),
                  *results, sep="\t")


main(sys.argv[1])
