"""How well an inventory names the world: python3 score.py INVENTORY.json WORLD_DIR"""
import collections
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import owners  # noqa: E402
import spf  # noqa: E402
import zones  # noqa: E402

LEGIT = {"authorized", "legit_spf_missing", "legit_unaligned", "legit_broken"}


def right(said, truth):
    if said == truth["category"] or said in truth["accept"]:
        return True
    return said == "unknown" and bool(truth["ambiguous"])


def truths(directory):
    """(domain, ip) -> its lines, most messages first."""
    out = collections.defaultdict(list)
    for row in json.loads((pathlib.Path(directory) / "truth.json").read_text()):
        out[row["domain"], row["ip"]].append(row)
    for rows in out.values():
        rows.sort(key=lambda r: -r["messages"])
    return out


def authorises(dns_records, domain, record, ip):
    records = dict(dns_records)
    records[domain] = [(k, d) for k, d in records.get(domain, []) if k != "TXT" or not d.startswith("v=spf1")] + [("TXT", record)]
    return spf.check(spf.Dns(records), ip, domain)


def score(inventory, directory):
    truth = truths(directory)
    built, _ = zones.build(owners.owners())
    now = spf.cached(spf.Dns(built))
    matrix, sums, good = collections.Counter(), collections.Counter(), collections.Counter()
    wrong, deadly = [], []
    for domain in inventory["domains"]:
        name = domain["domain"]
        strangers = [ip for (d, ip), rows in truth.items() if d == name and rows[0]["category"] not in LEGIT]
        for sender in domain["senders"]:
            for source in sender["sources"]:
                rows = truth.get((name, source["ip"]))
                if not rows:
                    continue
                # an address with several truths is one sender's: what most of its mail is
                ok = any(right(sender["category"], r) for r in rows[:1])
                sums["sources"] += 1
                sums["messages"] += source["messages"]
                good["sources"] += ok
                good["messages"] += ok * source["messages"]
                matrix[rows[0]["category"], sender["category"]] += source["messages"]
                if not ok:
                    wrong.append((name, source["ip"], rows[0]["stream"], rows[0]["category"], sender["category"], source["messages"], sender["key"]))
                if sender["category"] == "unauthorized" and sender["confidence"] >= 70 and rows[0]["category"] in LEGIT:
                    deadly.append(("a legitimate sender is called unauthorised", name, source["ip"], rows[0]["stream"]))
            remedy = sender["remedy"]
            if not remedy["kind"].startswith("spf_") or not remedy.get("after"):
                continue
            for source in sender["sources"]:
                rows = truth.get((name, source["ip"]), [])
                if rows and rows[0]["category"] == "unauthorized":
                    deadly.append(("an SPF edit for a spoofer", name, source["ip"], rows[0]["stream"]))
                if rows and authorises(built, remedy["domain"], remedy["after"], source["ip"]) == "permerror":
                    deadly.append(("a record that breaks", name, remedy["after"]))
            for ip in strangers:
                if authorises(built, remedy["domain"], remedy["after"], ip) == "pass" and now(ip, remedy["domain"]) != "pass":
                    kind = truth[name, ip][0]["category"]
                    # a repaired record authorises whom it named before, too: that is not new
                    if now(ip, remedy["domain"]) != "permerror":
                        deadly.append(("an SPF edit lets somebody in", name, ip, kind, remedy["after"]))
    return {"messages": good["messages"] / sums["messages"], "sources": good["sources"] / sums["sources"], "n": dict(sums),
            "matrix": matrix, "wrong": wrong, "deadly": deadly}


def show(result):
    print(f"right: {result['messages']:.1%} of messages, {result['sources']:.1%} of sources {result['n']}")
    for (truth, said), n in sorted(result["matrix"].items()):
        print(f"  {truth:20} {said:20} {n}")
    by = collections.Counter()
    for name, ip, stream, truth, said, n, key in result["wrong"]:
        by[name, stream, truth, said] += n
    for (name, stream, truth, said), n in by.most_common(40):
        print(f"  wrong: {name:16} {stream:40} {truth} said {said}: {n}")
    for d in result["deadly"]:
        print("  DEADLY:", *d)


if __name__ == "__main__":
    show(score(json.load(open(sys.argv[1])), sys.argv[2]))
