"""Logging in to a server that asks for a password: what is said when it refuses, and who gets to see the secret."""
import pathlib
import subprocess
from urllib.parse import quote

import harness
import reports

SECRET = "s3cret'\\ %40"


class Login(harness.Case):
    @classmethod
    def setUpClass(cls):
        cls.server = harness.Server.shared()
        hba = cls.server.data / "pg_hba.conf"
        hba.write_text("local all locked scram-sha-256\n" + hba.read_text())
        cls.server.sql(f"create role locked login password {cls.quoted(SECRET)}", "postgres")
        cls.server.sql("select pg_reload_conf()", "postgres")
        harness.wait(lambda: cls.refused(), "the server asks for passwords")

    @staticmethod
    def quoted(text):
        return "E'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"

    @classmethod
    def refused(cls):
        return subprocess.run(["psql", "-Xwqc", "select 1", f"host={cls.server.dir} user=locked dbname=postgres"], capture_output=True,
                              env=harness.environment(cls.server.dir)).returncode != 0

    def setUp(self):
        self.db = self.database()
        self.db.sql("grant all on all tables in schema public to locked; grant all on all sequences in schema public to locked")
        self.report = self.scratch() / "r.xml"
        self.report.write_bytes(reports.report(self.id()))

    def conninfos(self, password):
        where = f"host={self.server.dir} dbname={self.db.name} user=locked"
        return (where + " password='" + password.replace("\\", "\\\\").replace("'", "\\'") + "'",
                f"postgresql://locked:{quote(password, safe='')}@/{self.db.name}?host={quote(str(self.server.dir), safe='')}")

    def test_refused(self):
        """69, and one line that says who was refused by what, and nobody's password."""
        for conninfo in self.conninfos("wr0ng"):
            for args in (["ingest", self.report], ["inventory"], ["db", "status"], ["db", "migrate"], ["db", "psql"]):
                with self.subTest(conninfo=conninfo, args=args):
                    done = harness.run(*args, db=conninfo)
                    self.assert_code(done, 69)
                    self.assert_sentence(done, "password authentication failed", '"locked"', str(self.server.dir))
                    self.assertNotIn("wr0ng", done.err)
                    self.assertEqual(done.out, "")

    def test_none_given(self):
        done = harness.run("inventory", db=f"host={self.server.dir} dbname={self.db.name} user=locked")
        self.assert_code(done, 69)
        self.assert_sentence(done, "no password supplied")

    def test_no_such_role(self):
        done = harness.run("inventory", db=f"host={self.server.dir} dbname={self.db.name} user=nobody_made_it")
        self.assert_code(done, 69)
        self.assert_sentence(done, '"nobody_made_it"', "does not exist")

    def test_psql(self):
        """psql is logged in without a password that anybody could read in its arguments."""
        for conninfo in self.conninfos(SECRET):
            with self.subTest(conninfo=conninfo):
                p = harness.start("db", "psql", "--", "-AtqX", "-v", "x=a b", db=conninfo, stdin=subprocess.PIPE)
                p.stdin.write(b"select current_user, :'x';\n")
                p.stdin.flush()
                self.assertEqual(p.stdout.readline().strip(), b"locked|a b")
                child = pathlib.Path("/proc", pathlib.Path(f"/proc/{p.pid}/task/{p.pid}/children").read_text().strip())
                arguments = (child / "cmdline").read_bytes().decode()
                self.assertIn("-AtqX", arguments)
                self.assertIn("locked", arguments)
                self.assertNotIn("s3cret", arguments)
                done = harness.finish(p)
                self.assert_code(done, 0)

    def test_psql_by_name(self):
        """A bare name is a database's, with the rest from libpq's variables."""
        env = {"PGHOST": self.server.dir, "PGUSER": "tester"}
        done = harness.run("db", "psql", "--", "-AtqX", "-c", "select current_database()", db=self.db.name, env=env)
        self.assert_code(done, 0)
        self.assertEqual(done.out.strip(), self.db.name)

    def test_psql_secret_without_variable(self):
        done = harness.run("db", "psql", "--", "-AtqX", "-c", "select 1", db=self.db.conninfo + " sslpassword=hush")
        self.assert_code(done, 0)
        self.assert_sentence(done, "sslpassword")
        self.assertNotIn("hush", done.err)


if __name__ == "__main__":
    harness.main()
