"""Worlds against the program: python3 run.py --seeds 1-3 [--kinds a,b] [--ruascope PATH] [--keep DIR] [--scores DIR] [--jobs N]

For each seed: the world is written, a private PostgreSQL and an NSD of its own are started, the reports ingested, the three documents
asked for and scored; then the forged reports come in, and nothing may have changed. Exit 1 on a deadly error, 2 when a run failed.
Two of these side by side do not meet: own directories, own port, own server; all are ended by their ids. With --scores a seed that
was scored there is not run again, so a long sweep can be broken off, or shared by two; one directory for each build of the program.
--jobs runs so many seeds side by side: what is scored does not hang on it.
"""
import argparse
import concurrent.futures
import functools
import json
import os
import pathlib
import pickle
import shutil
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "system")]
import nameserver  # noqa: E402
import score  # noqa: E402
import world  # noqa: E402

MONTH, AS_OF = "2026-10", "2026-11-01"


class Private:
    """ruascope with a private cluster in a scratch directory."""

    def __init__(self, program, directory):
        self.program, self.home = program, directory
        self.env = {"PATH": os.environ["PATH"], "HOME": str(directory), "XDG_DATA_HOME": str(directory), "XDG_CONFIG_HOME": f"{directory}/config",
                    "LC_ALL": "C.UTF-8"}

    def __enter__(self):
        self.run("db", "start")
        self.run("db", "psql", "--", "-qX", "-c", "alter system set fsync = off", "-c", "alter system set synchronous_commit = off", "-c",
                 "select pg_reload_conf()")
        return self

    def __exit__(self, *_):
        self.run("db", "stop", codes=range(256))

    def run(self, *args, codes=(0, 1, 2, 3, 65)):
        p = subprocess.run([self.program, *map(str, args)], env=self.env, stdin=subprocess.DEVNULL, capture_output=True, timeout=900)
        if p.returncode not in codes:
            raise RuntimeError(f"{' '.join(map(str, args))}: exit {p.returncode}\n{p.stdout[-800:].decode()}\n{p.stderr[-1500:].decode()}")
        return p.stdout.decode()


def ask(run, address):
    """The three documents. run(*args) gives the output."""
    dns = ("--dns-server", address)
    inventory, report = (json.loads(run(*dns, what, "--month", MONTH, "-f", "json")) for what in ("inventory", "report"))
    readiness = run(*dns, "readiness", "--all", "--as-of", AS_OF, "-f", "json")
    return inventory, report, score.documents(readiness)


def judge(run, directory, total):
    """Ingest a written world, ask, score; then the forged reports, and ask again."""
    truth, zone = score.load(directory)
    stored = json.loads(run("ingest", "--json", directory / "reports"))["reports"]
    if stored["rejected"] or stored["conflict"] or stored["duplicate"]:
        raise RuntimeError(f"not all reports were stored: {stored}")
    with nameserver.NameServer({".": directory / "root.zone"}) as dns:
        first, forged = ask(run, dns.address), None
        if any(t["forged"] for t in truth["domains"]):
            run("ingest", "--json", directory / "forged")
            forged = ask(run, dns.address)
    total.add(truth, zone, first, forged)
    return first, forged


def kept(a, seed):
    """The score of an earlier run, or None."""
    file = a.scores and a.scores / f"seed{seed}.pickle"
    return pickle.loads(file.read_bytes()) if file and file.exists() else None


def leave(directory, world_at, documents):
    """The world and what was said of it, to look at."""
    shutil.rmtree(directory, ignore_errors=True)
    shutil.copytree(world_at, directory)
    for stage, found in zip(("", "forged-"), documents):
        for name, document in zip(("inventory", "report"), found or ()):
            (directory / f"{stage}{name}.json").write_text(json.dumps(document, indent=1))
        if found:
            (directory / f"{stage}readiness.json").write_text("".join(json.dumps(line) + "\n" for line in found[2]))


def run_seed(a, seed):
    """One world from nothing to its score."""
    total, start = score.Score(), time.monotonic()
    top = pathlib.Path(tempfile.mkdtemp(prefix="world."))
    top.chmod(0o755)
    try:
        made = world.write(top / "w", seed, set(filter(None, a.kinds.split(","))), jobs=2 if a.jobs == 1 else 1)
        written = time.monotonic()
        (top / "home").mkdir()
        if os.geteuid() == 0:
            shutil.chown(top / "home", "postgres")
        with Private(a.ruascope, top / "home") as program:
            documents = judge(program.run, top / "w", total)
        print(f"seed {seed}: {len(made['domains'])} domains, {sum(d['reports'] for d in made['domains'])} reports; written in "
              f"{written - start:.0f} s, judged in {time.monotonic() - written:.0f} s; deadly: {len(total.deadly)}", flush=True)
        if a.keep:
            leave(pathlib.Path(a.keep) / f"seed{seed}", top / "w", documents)
    finally:
        shutil.rmtree(top, ignore_errors=True)
    if a.scores:
        a.scores.mkdir(parents=True, exist_ok=True)
        (a.scores / f"seed{seed}.pickle").write_bytes(pickle.dumps(total))
    return total


def score_of(a, seed):
    return kept(a, seed) or run_seed(a, seed)


def scores(a, seeds):
    """Of each seed, in their order."""
    if a.jobs == 1:
        yield from (score_of(a, seed) for seed in seeds)
        return
    with concurrent.futures.ProcessPoolExecutor(a.jobs) as pool:
        yield from pool.map(functools.partial(score_of, a), seeds)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--seeds", default="1", help="a number, or A-B")
    p.add_argument("--kinds", default="", help="only these, separated by commas; 'list' lists them")
    p.add_argument("--ruascope", default=str(HERE.parents[1] / "build/release/cli/ruascope"))
    p.add_argument("--keep", help="leave the world and the documents here")
    p.add_argument("--scores", type=pathlib.Path, help="keep each seed's score here, and take those that are there")
    p.add_argument("--jobs", type=int, default=1, help="seeds at once")
    a = p.parse_args()
    if a.jobs < 1:
        p.error("--jobs: at least 1")
    if a.kinds == "list":
        print("\n".join(world.kit.KINDS))
        return 0
    first, _, last = a.seeds.partition("-")
    total = score.Score()
    for one in scores(a, range(int(first), int(last or first) + 1)):
        total.merge(one)
    score.show(total)
    return int(bool(total.deadly))


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (RuntimeError, subprocess.TimeoutExpired) as e:
        print(e, file=sys.stderr)
        sys.exit(2)
