"""What was said against what is true: python3 score.py WORLD_DIR INVENTORY.json REPORT.json READINESS.json

(a) the right share, by messages and by sources    (b) deadly errors, by kind    (c) advice that is missing    (d) calibration

Every edit is evaluated with the world's own SPF evaluator over the world's own zone. Results of several worlds add up.
"""
import collections
import ipaddress
import json
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import spf  # noqa: E402
import zone as zones  # noqa: E402

OURS = {"authorized", "legit_spf_missing", "legit_unaligned", "legit_broken"}
GO = {"ready", "warnings"}
BANDS = ((0, 50), (50, 60), (60, 70), (70, 80), (80, 90), (90, 101))
Edit = collections.namedtuple("Edit", "where name after confidence sender question")
SERIOUS = ("authorises a stranger", "breaks SPF", "takes away an address of ours", "two new records for one name", "go-ahead while mail is lost",
           "parked though it sends",
           "nothing to do though mail is lost", "ours called unauthorised", "a stranger called ours", "an edit that must never be",
           "a forgery changes the verdict",
           "a forgery changes a category", "a forgery changes what to do")


def canon(ip):
    return str(ipaddress.ip_address(ip))


def is_spf(text):
    return isinstance(text, str) and text.lower().split(" ")[0] == "v=spf1"


def named(name):
    return (name or "").lower().rstrip(".")


def documents(text):
    """Every JSON document of a text: one a line, one after the other, or in a list of domains."""
    decoder, at, out = json.JSONDecoder(), 0, []
    while text[at:].strip():
        at += len(text[at:]) - len(text[at:].lstrip())
        found, at = decoder.raw_decode(text, at)
        out += found["domains"] if isinstance(found, dict) and "domains" in found else [found]
    return out


def join(inventory, findings, readiness):
    """domain -> its parts of the three documents."""
    out = collections.defaultdict(dict)
    for key, document in (("inventory", inventory), ("report", findings)):
        for d in (document or {}).get("domains", []):
            out[d["domain"]][key] = d
    for d in readiness or []:
        out[d["domain"]]["readiness"] = d
    return out


def todo(parts):
    """All things to do of a domain; None where the program does not print them."""
    lists = [parts[k]["todo"] for k in ("report", "readiness") if k in parts and "todo" in parts[k]]
    return None if not lists else [t for part in lists for t in part]


def edits(parts):
    """Every SPF record that anybody could take from the documents and publish."""
    out = []
    for key, field in (("inventory", "senders"), ("report", "findings")):
        for sender in parts.get(key, {}).get(field, []):
            r = sender.get("remedy") or {}
            if is_spf(r.get("after")) and r["after"] != r.get("before"):
                out.append(Edit(f"{key} {sender['key']}", named(r.get("domain")), r["after"], sender["confidence"], sender["key"],
                                r["kind"] == "confirm"))
    for t in todo(parts) or []:
        for field in ("record", "if_yours"):
            r = t.get(field)
            if r and is_spf(r.get("after")):
                out.append(Edit(f"todo {t['id']}{' if yours' * (field == 'if_yours')}", named(r.get("name")), r["after"], None, t["id"],
                                field == "if_yours"))
    together = {}
    for e in out:  # the same record in several places is one
        first = together.setdefault((e.name, e.after, e.question), e)
        if first is not e and e.where not in first.where:
            together[e.name, e.after, e.question] = first._replace(where=f"{first.where}, {e.where}", confidence=first.confidence or e.confidence)
    return list(together.values())


class Score:
    def __init__(self):
        self.n, self.good, self.matrix = collections.Counter(), collections.Counter(), collections.Counter()
        self.wrong, self.deadly, self.missing, self.verdicts = collections.Counter(), [], [], []
        self.foolish, self.tempting, self.useless = [], [], []
        self.bands, self.edits, self.without_todo, self.seeds = collections.Counter(), collections.Counter(), 0, 0

    def add(self, truth, zone, documents, forged=None):
        """documents: (inventory, report, [readiness ...]); forged: the same after the forged reports came in."""
        self.seeds += 1
        said, seed = join(*documents), truth["seed"]
        later = join(*forged) if forged else None
        for t in truth["domains"]:
            Domain(self, t, zone, said.get(t["domain"], {}), seed).judge()
            if later and t["forged"]:
                self.compare(t, said.get(t["domain"], {}), later.get(t["domain"], {}), seed)

    def merge(self, other):
        """What another world scored is added: numbers, counters and lists alike."""
        for name, value in vars(other).items():
            mine = getattr(self, name)
            setattr(self, name, mine + value)

    def dead(self, what, seed, t, detail):
        self.deadly.append((what, seed, t["kind"], t["domain"], detail))

    def compare(self, t, before, after, seed):
        """The same world, with and without forged reports."""
        how = "; ".join(f"{f['reporters']} reporters say that {f['ip']} {f['claim']}" for f in t["forged"])
        verdict = [p.get("readiness", {}).get("verdict") for p in (before, after)]
        if verdict[0] != verdict[1]:
            self.dead("a forgery changes the verdict", seed, t, f"{verdict[0]} -> {verdict[1]}: {how}")
        category = [{canon(x["ip"]): s["category"] for s in p.get("inventory", {}).get("senders", []) for x in s["sources"]} for p in (before, after)]
        for ip, was in category[0].items():
            if category[1].get(ip, was) != was:
                self.dead("a forgery changes a category", seed, t, f"{ip}: {was} -> {category[1][ip]}: {how}")
        things = [{(e.name, e.after) for e in edits(p)} | {("", x["id"]) for x in todo(p) or [] if x["kind"] != "forged"} for p in (before, after)]
        if things[0] != things[1]:
            self.dead("a forgery changes what to do", seed, t, f"{sorted(things[0] ^ things[1])[:3]}: {how}")


class Domain:
    """One domain of one world."""

    def __init__(self, score, truth, zone, parts, seed):
        self.s, self.t, self.zone, self.parts, self.seed = score, truth, zone, parts, seed
        self.rows = collections.defaultdict(list)
        for row in truth["sources"]:
            self.rows[row["ip"]].append(row)

    def dead(self, what, detail):
        self.s.dead(what, self.seed, self.t, detail)

    def main(self, ip):
        """The stories that make up what an address sends in the month."""
        rows = [r for r in self.rows.get(ip, []) if r["messages"]] or self.rows.get(ip, [])
        total = sum(r["messages"] for r in rows)
        return [r for r in rows if r["messages"] * 4 >= total]

    def judge(self):
        grave = collections.defaultdict(list)
        for sender in self.parts.get("inventory", {}).get("senders", []):
            self.sender(sender, grave)
        for (what, story), found in grave.items():
            self.dead(what, f"{story}: {len(found)} addresses, {sum(n for _, _, n in found)} messages, {found[0][0]} {found[0][1]}")
        self.all_edits()
        self.verdict()
        self.advice()

    def sender(self, sender, grave):
        said, confidence, right, total = sender["category"], sender["confidence"] or 0, 0, 0
        for source in sender["sources"]:
            if not source.get("ip"):
                continue
            rows = self.main(canon(source["ip"]))
            if not rows:
                self.s.n["nobody's"] += 1
                continue
            n = source["messages"]
            ok = any(said == r["category"] or said in r["accept"] or r["open"]
                     and (said == "unknown" or (sender["remedy"] or {}).get("kind") == "confirm") for r in rows)
            self.s.n["sources"] += 1
            self.s.n["messages"] += n
            self.s.good["sources"] += ok
            self.s.good["messages"] += ok * n
            self.s.matrix[rows[0]["category"] + (" (open)" if rows[0]["open"] else ""), said] += n
            right, total = right + ok * n, total + n
            if not ok:
                self.s.wrong[self.t["kind"], rows[0]["story"], rows[0]["category"], said] += n
            stranger = all(r["category"] in ("unauthorized", "suspect_abuse") or said == "legit_spf_missing"
                           for r in rows)  # a forwarder called ours is wrong, not deadly
            if said == "unauthorized" and confidence >= 70 and all(r["ours"] and "unauthorized" not in r["accept"] for r in rows):
                grave["ours called unauthorised", rows[0]["story"]].append((source["ip"], f"{said} {confidence}", n))
            if said in OURS and confidence >= 90 and stranger and all(not r["ours"] and said not in r["accept"] for r in rows):
                grave["a stranger called ours", rows[0]["story"]].append((source["ip"], f"{said} {confidence} as {sender['key']}", n))
        if total:
            band = next(b for b in BANDS if b[0] <= confidence < b[1])
            self.s.bands[band, "n"] += 1
            self.s.bands[band, "right"] += right * 2 >= total

    # ---- edits

    def all_edits(self):
        by_name = collections.defaultdict(set)
        for edit in edits(self.parts):
            if not edit.question:
                by_name[edit.name].add(edit.after)
            self.edit(edit)
        for name, afters in by_name.items():
            if len(afters) > 1:
                self.dead("two new records for one name", f"{name}: {' | '.join(sorted(afters))[:300]}")

    def strangers(self):
        out = {ip: rows[0]["story"] for ip, rows in self.rows.items() if not any(r["may_authorise"] for r in rows)}
        return {**{canon(ip): "somebody's address" for ip in self.t["strays"]}, **out}

    def edit(self, edit):
        now = [x for x in self.zone.ask(edit.name, "TXT") if is_spf(x)]
        instead, bad = {edit.name: [edit.after]}, []
        if self.zone.ask(edit.name, "CNAME"):
            bad.append(("breaks SPF", f"{edit.name} is a CNAME: nothing can be published beside it"))
        let_in = [(ip, story) for ip, story in self.strangers().items()
                  if spf.check(self.zone, ip, edit.name, instead=instead).result == "pass" and not spf.means(self.zone, ip, edit.name, now)]
        if let_in:
            certain = [x for x in let_in if not any(r["open"] for r in self.rows.get(x[0], []))]
            if not edit.question:
                bad.append(("authorises a stranger", f"{let_in[0][0]} ({let_in[0][1]}) and {len(let_in) - 1} more, by {edit.where}: "
                                                     f"{edit.after[:200]}"))
            elif certain:
                self.s.tempting.append((self.seed, self.t["kind"], self.t["domain"], f"{certain[0][0]} ({certain[0][1]}): {edit.after[:160]}"))
        for probe in ("203.0.113.199", "2001:db8:ffff::99"):
            outcome = spf.check(self.zone, probe, edit.name, instead=instead)
            if outcome.result == "permerror" or outcome.voids > 2:
                was = spf.check(self.zone, probe, edit.name).result
                if was == "permerror":
                    self.s.useless.append((self.seed, self.t["kind"], self.t["domain"], f"still {outcome.why}: {edit.after[:200]}"))
                else:
                    bad.append(("breaks SPF", f"{outcome.why}, by {edit.where}: {edit.after[:250]}"))
                break
        for name, ip in self.t["passed"]:
            today = spf.check(self.zone, ip, name).result
            adds = today in ("fail", "softfail", "neutral") and any(set(x.lower().split()) <= set(edit.after.lower().split()) for x in now)
            # what fails already by a record to which terms are only added is not what this change takes away
            if spf.check(self.zone, ip, name, instead=instead).result != "pass" and (today == "pass" or (name == edit.name and not adds)):
                story = (self.rows.get(ip) or [{"story": "?"}])[0]["story"]
                bad.append(("takes away an address of ours", f"{ip} ({story}), by {edit.where}: {edit.after[:250]}"))
                break
        for never in self.t["never"]:
            if re.search(never["pattern"], edit.after, re.I) and not any(re.search(never["pattern"], x, re.I)
                    for x in now) and not edit.question and "authorises a stranger" not in [b[0] for b in bad]:
                bad.append(("an edit that must never be", f"{never['why']}: {edit.where}: {edit.after[:200]}"))
        helped = any(r["ours"] and spf.check(self.zone, ip, edit.name, instead=instead).result == "pass" and spf.check(self.zone, ip,
                edit.name).result != "pass"
                     for ip, rows in self.rows.items() for r in rows)
        for what, detail in bad:
            self.dead(what, detail)
        self.s.edits["questions" if edit.question else "edits"] += 1
        if not edit.question:
            self.s.edits["right"] += not bad
            self.s.edits["let somebody of ours pass"] += helped
            if edit.confidence is not None:
                band = next(b for b in BANDS if b[0] <= edit.confidence < b[1])
                self.s.edits[band, "n"] += 1
                self.s.edits[band, "right"] += not bad

    # ---- verdict and advice

    def verdict(self):
        r = self.parts.get("readiness")
        if not r:
            self.s.verdicts.append((self.seed, self.t["kind"], self.t["domain"], "none", self.t["verdicts"]))
            return
        self.s.n["verdicts"] += 1
        ok = r["verdict"] in self.t["verdicts"] or self.t["only_open"] and r["verdict"] == "warnings"
        self.s.good["verdicts"] += ok
        if not ok:
            self.s.verdicts.append((self.seed, self.t["kind"], self.t["domain"], r["verdict"], self.t["verdicts"]))
        step = r.get("next_step") or {}
        record = (step.get("record") or "").lower().replace(" ", "")
        if self.t["loses"]:
            lost = max(self.t["lost"].items(), key=lambda x: x[1], default=("?", 0))
            if r["verdict"] == "ready" or r["verdict"] in GO and not self.t["only_open"]:  # a warning will do where nobody could know
                self.dead("go-ahead while mail is lost", f"verdict {r['verdict']}; lost: {lost[0]}, {lost[1]} messages since September")
            elif re.search(r"p=(reject|quarantine)", record) and "t=y" not in record and self.stricter(record):
                self.dead("go-ahead while mail is lost", f"next step {step['record']}; lost: {lost[0]}, {lost[1]} messages since September")
        if self.t["sends"] and (r.get("parked") is True or re.search(r"\bparked\b", (step.get("text") or ""), re.I)):
            self.dead("parked though it sends", (step.get("text") or "")[:200])

    def stricter(self, record):
        """Is the record a step beyond what is published?"""
        level = lambda text: 2 if "p=reject" in text else 1 if "p=quarantine" in text else 0
        now = "".join(self.zone.ask(f"_dmarc.{self.t['domain']}", "TXT")).replace(" ", "").replace("sp=", "").replace("np=", "")
        return level(re.sub(r";(sp|np)=\w+", "", record)) > level(now)

    def advice(self):
        things = todo(self.parts)
        if things is None:
            self.s.without_todo += 1
            return
        text = json.dumps(things).lower()
        for t in things:
            r = t.get("record") or {}
            record = str(r.get("after") or "").lower().replace(" ", "")
            if self.t["loses"] and named(r.get("name")).startswith("_dmarc.") and re.search(r"p=(reject|quarantine)",
                    record) and "t=y" not in record and self.stricter(record):
                self.dead("go-ahead while mail is lost", f"todo {t['id']}: {r['after']}")
            before = [r["before"]] if isinstance(r.get("before"), str) else r.get("before")
            if before and is_spf(before[0]) and sorted(before) != sorted(x for x in self.zone.ask(named(r["name"]), "TXT") if is_spf(x)):
                self.s.useless.append((self.seed, self.t["kind"], self.t["domain"], f"todo {t['id']} edits a record that is not there: {before}"))
        if not things and self.t["loses"]:
            self.dead("nothing to do though mail is lost", self.t["why"])
        for must in self.t["must"]:
            self.s.n["advice"] += 1
            if any(re.search(p, text, re.I) for p in must["any"]):
                self.s.good["advice"] += 1
            else:
                self.s.missing.append((self.seed, self.t["kind"], self.t["domain"], " or ".join(must["any"]) + ": " + must["why"]))
        for avoid in self.t.get("avoid", []):
            if re.search(avoid["pattern"], text, re.I):
                self.s.foolish.append((self.seed, self.t["kind"], self.t["domain"], f"{avoid['pattern']}: {avoid['why']}"))


def share(good, n):
    return f"{good / n:7.1%} of {n:,}" if n else "    none"


def show(s, most=25):
    print(f"(a) right, {s.seeds} world(s)")
    for what in ("messages", "sources", "verdicts"):
        print(f"    {what:10} {share(s.good[what], s.n[what])}")
    print("    truth                       said                     messages")
    for (truth, said), n in sorted(s.matrix.items()):
        print(f"    {truth:27} {said:22} {n:10,}{'' if truth.split(' ')[0] == said else '  *'}")
    print("    most of what is wrong, by messages")
    for (kind, story, truth, said), n in s.wrong.most_common(most):
        print(f"    {n:8,} {kind}: {story}: {truth}, said {said}")
    print("    verdicts that are wrong")
    for seed, kind, domain, said, right in s.verdicts[:most]:
        print(f"    seed {seed} {kind} {domain}: {said}, not {'/'.join(right)}")
    print(f"(b) deadly errors: {len(s.deadly)}")
    by = collections.defaultdict(list)
    for what, seed, kind, domain, detail in s.deadly:
        by[what].append((seed, kind, domain, detail))
    for what in SERIOUS:
        if by[what]:
            print(f"    {what}: {len(by[what])}, kinds: {', '.join(sorted({k for _, k, _, _ in by[what]}))}")
    for what in SERIOUS:
        for seed, kind, domain, detail in by[what][:most]:
            print(f"    {what.upper()}: seed {seed} {kind} {domain}: {detail}")
    for name, rows in (("tempting questions", s.tempting), ("useless edits", s.useless), ("foolish advice", s.foolish)):
        print(f"    not deadly, {name}: {len(rows)}")
        for row in rows[:most]:
            print("      ", *row)
    if s.without_todo:
        print(f"(c) missing advice: skipped, {s.without_todo} domains come without a todo")
    else:
        print(f"(c) advice given: {share(s.good['advice'], s.n['advice'])}")
    for seed, kind, domain, what in s.missing[:60]:
        print(f"    missing: seed {seed} {kind} {domain}: {what}")
    print("(d) calibration      said   right            edits  right")
    for band in BANDS:
        n, e = s.bands[band, "n"], s.edits[band, "n"]
        print(f"    {band[0]:3}-{min(band[1] - 1, 100):3} {n:12,} {s.bands[band, 'right'] / n if n else 0:8.1%} {e:14,} "
              f"{s.edits[band, 'right'] / e if e else 0:7.1%}")
    print(f"    edits offered {s.edits['edits']}, harmless {s.edits['right']}, of use {s.edits['let somebody of ours pass']}; asked first "
          f"{s.edits['questions']}")


def load(directory):
    directory = pathlib.Path(directory)
    return json.loads((directory / "truth.json").read_text()), zones.read(directory / "root.zone")


if __name__ == "__main__":
    score = Score()
    truth_, zone_ = load(sys.argv[1])
    texts = [pathlib.Path(path).read_text() for path in sys.argv[2:5]]
    score.add(truth_, zone_, (json.loads(texts[0]), json.loads(texts[1]), documents(texts[2])))
    show(score)
    sys.exit(bool(score.deadly))
