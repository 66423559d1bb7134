"""The world, written out: python3 world.py DIR [--seed N] [--kinds a,b]

DIR/reports     what arrives at the rua addresses           DIR/forged   further reports, invented by somebody (see forged.py)
DIR/root.zone   what DNS says, one zone for NSD             DIR/truth.json   kept apart
"""
import argparse
import json
import multiprocessing
import pathlib
import random
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import forged  # noqa: E402
import kit  # noqa: E402
import kinds_abuse  # noqa: E402,F401
import kinds_broken  # noqa: E402,F401
import kinds_calm  # noqa: E402,F401
import kinds_forward  # noqa: E402,F401
import kinds_missing  # noqa: E402,F401
import kinds_mixed  # noqa: E402,F401
import kinds_rare  # noqa: E402,F401
import kinds_zone  # noqa: E402,F401
import sim  # noqa: E402
import xmlout  # noqa: E402


def build(seed, kinds=None):
    """All owners and the DNS; no mail yet."""
    w = kit.World(seed)
    for name, function in kit.KINDS.items():
        if kinds and name not in kinds:
            continue
        before = len(w.owners)
        function(w, random.Random(f"{name}/{seed}"))
        for o in w.owners[before:]:
            o.kind = name
            o.finish()
    for o in w.owners:
        o.bait_list = o.bait()
    return w


def one(job):
    """Mail and reports of one owner; its truth."""
    index, out = job
    o = WORLD.owners[index]
    mail = sim.Mail(o).run()
    count = xmlout.write(out / "reports", o, mail.rows)
    truth = mail.truth()
    truth["reports"] = count
    truth["forged"] = forged.write(out / "forged", o, mail) if o.forged else []
    return truth


WORLD = None


def write(out, seed=1, kinds=None, jobs=2):
    """The world under out; its truth."""
    global WORLD
    out = pathlib.Path(out)
    out.mkdir(parents=True, exist_ok=True)
    WORLD = build(seed, kinds)
    (out / "root.zone").write_text(WORLD.zone.text())
    work = [(i, out) for i in range(len(WORLD.owners))]
    if jobs > 1:
        with multiprocessing.get_context("fork").Pool(jobs) as pool:
            truths = pool.map(one, work, 1)
    else:
        truths = [one(j) for j in work]
    truth = {"seed": seed, "domains": truths}
    (out / "truth.json").write_text(json.dumps(truth, indent=1))
    return truth


if __name__ == "__main__":
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("out")
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--kinds", default="")
    a = p.parse_args()
    start = time.monotonic()
    made = write(a.out, a.seed, set(filter(None, a.kinds.split(","))))
    print(len(made["domains"]), "domains,", sum(d["reports"] for d in made["domains"]), "reports,", round(time.monotonic() - start, 1), "s")
