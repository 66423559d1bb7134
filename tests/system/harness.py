"""The house of the end-to-end tests: homes, servers, runs, and what is asked of every run.

Server   an own PostgreSQL under /tmp; server.database() gives a fresh, migrated database in it
Home     a private-cluster home ($XDG_DATA_HOME); stopped and looked after at the end
run()    ruascope as a person would start it; a crash or a sanitizer's word fails the test
wait()   for a condition; nothing here sleeps for a fixed time and hopes

Every test of a file shares one Server. Processes are ended by the id read from their own postmaster.pid.
"""
import contextlib
import dataclasses
import fcntl
import glob
import json
import os
import pathlib
import pwd
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

import schemas

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
SHARED = pathlib.Path(os.environ.get("RUASCOPE_SHARED") or ROOT.parent / "shared")
SANITIZED = os.environ.get("RUASCOPE_SANITIZE", "").upper() in ("1", "ON", "TRUE", "YES")
LONG = bool(os.environ.get("RUASCOPE_LONG"))  # a sweep, by hand: check --long
IS_ROOT = os.geteuid() == 0
ACCEPT = "--accept" in sys.argv
RUN_SECONDS = 240  # far past anything a run may take: hanging is a failure, slowness is another test's


def _program():
    for path in (os.environ.get("RUASCOPE"), ROOT / "build/release/cli/ruascope", ROOT / "build/dev/cli/ruascope"):
        if path and os.access(path, os.X_OK):
            return str(path)
    sys.exit("RUASCOPE names no program; build it, or run me by ctest")


def _pg_bin():
    given = os.environ.get("RUASCOPE_PG_BINDIR")
    found = sorted(glob.glob("/usr/lib/postgresql/*/bin"), key=lambda p: int(p.split("/")[-2]))
    return pathlib.Path(given or (found[-1] if found else "/usr/bin"))


PROGRAM = _program()
PG_BIN = _pg_bin()
PSQL = str(PG_BIN / "psql")  # Debian's in /usr/bin is a Perl script that starts it, and costs four times as much

# ---------------------------------------------------------------- running


@dataclasses.dataclass
class Result:
    code: int
    out: str
    err: str

    def json(self):
        return json.loads(self.out)

    def lines(self):
        return [json.loads(line) for line in self.out.splitlines()]


def environment(home, **more):
    """Nothing of the caller's leaks in; a zone far from UTC shows times that are not."""
    env = {"PATH": os.environ["PATH"], "HOME": str(home), "XDG_DATA_HOME": str(home), "XDG_CONFIG_HOME": f"{home}/config",
           "LC_ALL": "C.UTF-8", "TZ": "Pacific/Auckland"}
    for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS", "TSAN_OPTIONS", "RUASCOPE_PG_BINDIR"):
        if name in os.environ:
            env[name] = os.environ[name]
    env.update({k: str(v) for k, v in more.items() if v is not None})
    return env


def as_user(user, command):
    """command, started as another user (root only)."""
    if not user or not IS_ROOT:
        return list(command)
    entry = pwd.getpwnam(user)
    return ["setpriv", f"--reuid={entry.pw_uid}", f"--regid={entry.pw_gid}", "--clear-groups", *command]


def check_alive(code, err, command):
    """What no run may do, whatever it was given."""
    shown = f"{' '.join(map(str, command[:12]))}\n{err[-3000:]}"
    if "Sanitizer" in err or "runtime error:" in err:
        raise AssertionError(f"sanitizer: {shown}")
    if code < 0:
        raise AssertionError(f"died of signal {signal.Signals(-code).name}: {shown}")
    if code == 70:
        raise AssertionError(f"internal error (70): {shown}")


def command(*args, db=None, program=None):
    return [program or PROGRAM, *(["--db", db] if db else []), *(a if isinstance(a, bytes) else str(a) for a in args)]


def run(*args, home="/nonexistent", db=None, user=None, env=None, program=None, **popen):
    cmd = as_user(user, command(*args, db=db, program=program))
    p = subprocess.run(cmd, env=environment(home, **(env or {})), timeout=RUN_SECONDS,
                       **{"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE,
                          **({"stdin": None} if "input" in popen else {}), **popen})
    result = Result(p.returncode, (p.stdout or b"").decode("utf-8", "surrogateescape"),
                    (p.stderr or b"").decode("utf-8", "surrogateescape"))
    check_alive(result.code, result.err, cmd)
    return result


def start(*args, home="/nonexistent", db=None, user=None, env=None, program=None, **popen):
    """Unbuffered: a line that a test reads takes no line after it away from finish()."""
    return subprocess.Popen(as_user(user, command(*args, db=db, program=program)), env=environment(home, **(env or {})), bufsize=0,
                            **{"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **popen})


def finish(process):
    """The end of a start()ed run, with the same questions as run()."""
    out, err = process.communicate(timeout=RUN_SECONDS)
    result = Result(process.returncode, (out or b"").decode("utf-8", "surrogateescape"),
                    (err or b"").decode("utf-8", "surrogateescape"))
    check_alive(result.code, result.err, process.args)
    return result


@dataclasses.dataclass
class Usage(Result):
    cpu: float      # user + system, seconds
    rss_mib: float  # peak


def measure(*args, home="/nonexistent", db=None, **popen):
    """run(), and what it cost. A small launcher waits for it: Linux counts the memory of the process that forked
    to the child's peak, so that measuring from a test that has grown would measure the test."""
    with tempfile.NamedTemporaryFile("r") as cost:
        cmd = [sys.executable, "-I", "-S", str(HERE / "rusage.py"), cost.name, *command(*args, db=db)]
        p = subprocess.run(cmd, env=environment(home), timeout=RUN_SECONDS,
                           **{"stdin": subprocess.DEVNULL, "capture_output": True, **popen})
        words = cost.read().split()
    code, cpu, kib = int(words[0]), float(words[1]), int(words[2])
    out, err = ((stream or b"").decode("utf-8", "surrogateescape") for stream in (p.stdout, p.stderr))
    check_alive(code, err, cmd[5:])
    return Usage(code, out, err, cpu, kib / 1024)


_said = False


def judges_cost():
    """Whether time and memory are worth a judgement: a sanitizer takes several times as much of both. It says so."""
    global _said
    if SANITIZED and not _said:
        _said = True
        print("built with sanitizers: time and memory are not judged", flush=True)
    return not SANITIZED


def wait(condition, what, seconds=60):
    """Ask until it is true; its value."""
    deadline, pause = time.monotonic() + seconds, 0.01
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds} s in vain: {what}")
        time.sleep(pause)
        pause = min(0.1, pause * 1.3)  # each question may be a process


_help = None


def offers(words):
    """Does this program's help name it? The command line grows; a test of what is not there yet has nothing to say."""
    global _help
    _help = _help or run("--help").out
    return words in _help


# ---------------------------------------------------------------- processes


def processes_in(directory):
    """Ids of processes whose working directory is under directory: every postgres of a cluster stays in its data."""
    directory, found = os.path.realpath(directory), []
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            with contextlib.suppress(OSError):
                cwd = os.readlink(f"/proc/{entry}/cwd").removesuffix(" (deleted)")
                if (cwd + "/").startswith(directory + "/") and stat(entry)[0] != "Z" and int(entry) != os.getpid():
                    found.append(int(entry))
    return found


def stat(pid):
    """State and parent of a process."""
    with open(f"/proc/{pid}/stat") as f:
        state, parent = f.read().rsplit(")", 1)[1].split()[:2]
    return state, int(parent)


def alive(pid):
    try:
        return stat(pid)[0] != "Z"
    except OSError:
        return False


def postmaster(directory):
    """Id of the postmaster that keeps its data under directory, or None."""
    for path in pathlib.Path(directory).rglob("postmaster.pid"):
        with contextlib.suppress(OSError, ValueError, IndexError):
            pid = int(path.read_text().split()[0])
            if pid in processes_in(directory):
                return pid
    return None


def scratch(mode=0o755):
    """A directory under /tmp that the user postgres can pass; the caller removes it."""
    path = pathlib.Path(tempfile.mkdtemp(prefix="ruascope-test."))
    path.chmod(mode)
    return path


# ---------------------------------------------------------------- PostgreSQL


class Server:
    """An own server: what a site has that runs PostgreSQL already."""
    OPTIONS = "-c listen_addresses= -c fsync=off -c full_page_writes=off -c max_connections=60"
    _shared = None

    def __init__(self):
        self.dir = scratch()
        self.user = "postgres" if IS_ROOT else None
        if IS_ROOT:
            shutil.chown(self.dir, "postgres")
        self.data = self.dir / "data"
        self._make()
        self.start()
        self.count = 0
        self.sql("create database migrated", "postgres")
        done = run("db", "migrate", db=self.conninfo("migrated"))
        if done.code != 0:
            self.close()
            raise AssertionError(f"db migrate: {done}")

    @classmethod
    def shared(cls):
        """The one of this test file."""
        if cls._shared is None:
            cls._shared = cls()
            unittest.addModuleCleanup(cls._close_shared)
        return cls._shared

    @classmethod
    def _close_shared(cls):
        shared, cls._shared = cls._shared, None
        shared.close()

    def _make(self):
        """An empty cluster: a copy of the one in $RUASCOPE_TEST_CLUSTER, which whoever comes first makes."""
        shared = os.environ.get("RUASCOPE_TEST_CLUSTER")
        if not shared:
            return self._initdb(self.data)
        template = pathlib.Path(shared) / "data"
        with open(pathlib.Path(shared) / "lock", "a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not template.exists():
                self._initdb(self.data)
                subprocess.run(["cp", "-a", self.data, f"{template}.new"], check=True)
                os.rename(f"{template}.new", template)
                return
        subprocess.run(["cp", "-a", "--reflink=auto", template, self.data], check=True)

    def _initdb(self, data):
        self._pg("initdb", "-D", data, "-U", "tester", "-A", "trust", "-N", "-E", "UTF8", "--locale=C.UTF-8")

    def _pg(self, tool, *args):
        done = subprocess.run(as_user(self.user, [PG_BIN / tool, *args]), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, cwd="/tmp", timeout=120,
                              env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "TZ": "UTC"})
        if done.returncode != 0:
            raise AssertionError(f"{tool}: {done.stdout}")

    def start(self):
        self._pg("pg_ctl", "-D", self.data, "-w", "-l", self.dir / "log", "-o", f"{self.OPTIONS} -k {self.dir}", "start")

    def stop(self, how="immediate"):
        self._pg("pg_ctl", "-D", self.data, "-w", "-m", how, "stop")
        wait(lambda: not processes_in(self.data), "the server's processes leave")

    def kill(self):
        """kill -9 of the postmaster; its children notice and leave. Nor may its zombie remain: postgres would not start."""
        pid = postmaster(self.data)
        os.kill(pid, signal.SIGKILL)
        wait(lambda: not processes_in(self.data) and not os.path.exists(f"/proc/{pid}"), "the killed server's processes leave")

    def close(self):
        if postmaster(self.data):
            self.stop()
        shutil.rmtree(self.dir, ignore_errors=True)

    def conninfo(self, name):
        return f"host={self.dir} user=tester dbname={name}"

    def sql(self, text, name):
        done = subprocess.run([PSQL, "-AtqX", "-F", "\t", "-v", "ON_ERROR_STOP=1", "-c", text, self.conninfo(name)],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=RUN_SECONDS)
        if done.returncode != 0:
            raise AssertionError(f"{text}: {done.stderr}")
        return done.stdout.rstrip("\n")

    def database(self, empty=False):
        self.count += 1
        name = f"t{self.count}"
        # copied as files: half the work of copying by the log, where nothing is synced
        self.sql(f"create database {name}" + ("" if empty else " template migrated strategy file_copy"), "postgres")
        return Database(self, name)


class Database:
    """One database of a Server, with the questions that every test asks."""

    def __init__(self, server, name):
        self.server, self.name = server, name
        self.conninfo = server.conninfo(name)

    def sql(self, text):
        return self.server.sql(text, self.name)

    def rows(self, text):
        return [line.split("\t") for line in self.sql(text).splitlines()]

    def number(self, text):
        return int(self.sql(text) or 0)

    def run(self, *args, **more):
        return run(*args, db=self.conninfo, **more)

    def start(self, *args, **more):
        return start(*args, db=self.conninfo, **more)

    def ingest(self, *args, code=0, **more):
        """ingest --json, its document; the sums that must hold after any ingest are asked here."""
        done = self.run("ingest", "--json", *args, **more)
        if done.code != code:
            raise AssertionError(f"ingest {args}: exit {done.code}, not {code}\n{done.out[-2000:]}\n{done.err[-2000:]}")
        document = done.json()
        check_sums(document)
        return document

    def totals(self):
        """(reports, records, messages), after asking that every way of counting them agrees."""
        return consistent(lambda text: self.rows(text))

    @contextlib.contextmanager
    def locked(self, table="record", before=""):
        """While inside, nobody else can write to table: a run stands still in its first commit."""
        psql = subprocess.Popen([PSQL, "-AtqX", "-v", "ON_ERROR_STOP=1", self.conninfo], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                stderr=subprocess.DEVNULL, text=True)
        try:
            psql.stdin.write(f"{before}begin; lock table {table} in access exclusive mode; select 'held';\n")
            psql.stdin.flush()
            if psql.stdout.readline().strip() != "held":
                raise AssertionError(f"cannot lock {table}")
            yield
        finally:
            with contextlib.suppress(BrokenPipeError):
                psql.stdin.close()
            psql.stdout.close()
            psql.wait()

    def locked_for_long(self, table="record"):
        """locked(), where the server has limits for who holds locks."""
        return self.locked(table, "set statement_timeout = 0; set idle_in_transaction_session_timeout = 0; set idle_session_timeout = 0; ")

    def wait_blocked(self):
        wait(lambda: self.number("select count(*) from pg_stat_activity where wait_event_type = 'Lock' "
                                 "and datname = current_database()"), "a run stands at the lock")


# The counts that the schema holds more than once, as SQL. One row: reports, records, messages.
COUNTS = {
    "facts": "select (select count(*) from report), count(*), coalesce(sum(messages), 0) from record_row",
    "heads": "select count(*), coalesce(sum(records), 0), coalesce(sum(messages), 0) from report",
    "months": "select coalesce(sum(reports), 0), coalesce(sum(records), 0), coalesce(sum(messages), 0) from rollup_month",
}
# Messages that pass, are quarantined, are rejected: of the heads, and of the records one by one.
OUTCOMES = (
    "select coalesce(sum(dmarc_pass), 0), coalesce(sum(quarantined), 0), coalesce(sum(rejected), 0) from report",
    "select coalesce(sum(messages) filter (where eval_dkim = 'pass' or eval_spf = 'pass'), 0), "
    "coalesce(sum(messages) filter (where disposition = 'quarantine'), 0), "
    "coalesce(sum(messages) filter (where disposition = 'reject'), 0) from v_record",
)
ORPHANS = ("select count(*) from record r where not exists (select from report p where p.domain_id = r.domain_id "
           "and p.report_id = r.report_id)")
MARKS = ("select count(*) from record_mark m where not exists (select from record_row r where r.domain_id = m.domain_id "
         "and r.report_id = m.report_id and r.record_no = m.record_no)")


def consistent(rows):
    counts = {name: tuple(map(int, rows(text)[0])) for name, text in COUNTS.items()}
    if len(set(counts.values())) != 1:
        raise AssertionError(f"the sums differ: {counts}")
    if len({tuple(rows(text)[0]) for text in OUTCOMES}) != 1:
        raise AssertionError(f"outcomes differ: {[rows(text) for text in OUTCOMES]}")
    for what, text in (("records without a report", ORPHANS), ("marks without a record", MARKS)):
        if int(rows(text)[0][0]):
            raise AssertionError(what)
    return counts["facts"]


def check_sums(document):
    reports = document["reports"]
    if sum(reports.values()) + document["not_reports"] < document["inputs"]:
        raise AssertionError(f"inputs without an outcome: {document}")
    listed = [p["outcome"] for p in document["problems"]]
    for outcome in ("rejected", "conflict"):
        if listed.count(outcome) != reports[outcome]:
            raise AssertionError(f"{outcome}: {reports[outcome]} counted, {listed.count(outcome)} listed")
    for problem in document["problems"]:
        if problem["outcome"] in ("rejected", "conflict") and not (problem["reason"] or "").strip():
            raise AssertionError(f"no reason: {problem}")


class Home:
    """A place for a private cluster: what a person has who gives no --db."""

    def __init__(self, user=None, path=None):
        self.top = scratch()
        self.path = pathlib.Path(path and self.top / path or self.top / "home")
        self.user = user
        self.path.mkdir(parents=True)
        if user and IS_ROOT:
            shutil.chown(self.path, user)

    def run(self, *args, **more):
        return run(*args, home=self.path, user=self.user, **more)

    def start(self, *args, **more):
        return start(*args, home=self.path, user=self.user, **more)

    def rows(self, text):
        done = self.run("db", "psql", "--", "-AtqX", "-F", "\t", "-v", "ON_ERROR_STOP=1", "-c", text)
        if done.code != 0:
            raise AssertionError(f"db psql: {done}")
        return [line.split("\t") for line in done.out.splitlines()]

    def totals(self):
        return consistent(self.rows)

    def processes(self):
        return processes_in(self.path)

    def wait_empty(self):
        wait(lambda: not self.processes(), f"no process is left in {self.path}")

    def close(self):
        stopped = self.run("db", "stop") if postmaster(self.path) else None
        try:
            self.wait_empty()
        finally:
            for pid in self.processes():  # ours alone: they sit in this home
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            shutil.rmtree(self.top, ignore_errors=True)
        if stopped and stopped.code != 0:
            raise AssertionError(f"db stop: {stopped}")


# ---------------------------------------------------------------- the base of a test

CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")


class Case(unittest.TestCase):
    maxDiff = 4000

    def scratch(self):
        path = scratch()
        self.addCleanup(shutil.rmtree, path, ignore_errors=True)
        return path

    def home(self, **more):
        home = Home(**more)
        self.addCleanup(home.close)
        return home

    def database(self, **more):
        return Server.shared().database(**more)

    def assert_code(self, result, code, message=None):
        self.assertEqual(result.code, code, f"{message or ''}\nstdout: {result.out[-1500:]}\nstderr: {result.err[-1500:]}")

    def assert_sentence(self, result, *words):
        """stderr holds one clear line, with these words."""
        lines = [line for line in result.err.splitlines() if line.strip()]
        self.assertEqual(len(lines), 1, f"one line expected on stderr: {result.err!r}")
        for word in words:
            self.assertIn(word, lines[0])

    def assert_harmless(self, text, what):
        """No byte that moves a cursor, forges a line or is no UTF-8."""
        found = CONTROL.search(text)
        if found:
            self.fail(f"{what}: control byte {found.group()!r} in {text[max(0, found.start() - 60):found.end() + 20]!r}")
        text.encode("utf-8")  # a surrogate here was a broken byte there

    def assert_schema(self, document):
        check = schemas.validators().get(document["schema"])
        self.assertIsNotNone(check, f"docs/schema/ says nothing of {document['schema']}")
        errors = [f"{'/'.join(map(str, e.absolute_path))}: {e.message}" for e in check.iter_errors(document)]
        self.assertEqual(errors[:5], [])


def main():
    """unittest.main(), but 77 when there was nothing to run, which ctest shows as skipped."""
    sys.argv = [a for a in sys.argv if a != "--accept"]
    done = unittest.main(module="__main__", exit=False, verbosity=2).result
    if done.skipped and os.environ.get("RUASCOPE_SKIPS"):
        with open(os.environ["RUASCOPE_SKIPS"], "a") as f:
            f.writelines(f"{test.id().removeprefix('__main__.')}: {why}\n" for test, why in done.skipped)
    if done.wasSuccessful() and done.skipped and len(done.skipped) >= done.testsRun:
        sys.exit(77)
    sys.exit(not done.wasSuccessful())
