"""The DNS of the world: one table, in which a record may have begun or ended on a day, and the zone file of what stands at the end."""
import bisect
import ipaddress
import pathlib
import re


def reverse(ip):
    return ipaddress.ip_address(ip).reverse_pointer


class Zone:
    def __init__(self):
        self.table = {}       # name -> [(type, data, first day or None, day after the last or None)]
        self.turns = {}       # organisational name -> days on which something under it changes

    def add(self, name, kind, data, since=None, until=None):
        name = name.lower().rstrip(".")
        rows = self.table.setdefault(name, [])
        if (kind, data, since, until) not in rows:
            rows.append((kind, data, since, until))
        return name

    def drop(self, name, kind=None):
        self.table[name] = [r for r in self.table.get(name, []) if kind and r[0] != kind]
        if not self.table[name]:
            del self.table[name]

    def host(self, name, ip):
        return self.add(name, "AAAA" if ":" in ip else "A", ip)

    def pointer(self, ip, name, forward=True):
        """The address is called so; by default the name leads back."""
        self.table.pop(reverse(ip), None)
        self.add(reverse(ip), "PTR", name)
        if forward:
            self.host(name, ip)

    def ask(self, name, kind, day=None):
        """The data at a name on a day (None: at the end), CNAMEs followed."""
        name = name.lower().rstrip(".")
        for _ in range(8):
            rows = [r for r in self.table.get(name, ()) if standing(r, day)]
            alias = next((r[1] for r in rows if r[0] == "CNAME"), None)
            if alias is None or kind == "CNAME":
                return [r[1] for r in rows if r[0] == kind]
            name = alias.lower().rstrip(".")
        return []

    def changes(self):
        """Days on which anything changes, in order."""
        return sorted({d for rows in self.table.values() for r in rows for d in r[2:] if d is not None})

    def text(self):
        """The zone file of the end."""
        lines = ["$TTL 300", ". IN SOA ns.world.example. hostmaster.world.example. 1 3600 600 86400 60", ". IN NS ns.world.example.",
                 "ns.world.example. IN A 127.0.0.1"]
        for name, rows in sorted(self.table.items()):
            kinds = {r[0] for r in rows if standing(r, None)}
            if "CNAME" in kinds and len(kinds) > 1:
                raise ValueError(f"{name}: CNAME and other data")
            for kind, data, since, until in rows:
                if standing((kind, data, since, until), None):
                    lines.append(f"{name}. IN {kind} {written(kind, data)}")
        return "\n".join(lines) + "\n"


def standing(row, day):
    _, _, since, until = row
    if day is None:
        return until is None
    return (since is None or since <= day) and (until is None or day < until)


def written(kind, data):
    if kind == "TXT":
        return " ".join(f'"{data[i:i + 240]}"' for i in range(0, len(data), 240)) or '""'
    if kind in ("CNAME", "PTR", "MX", "NS"):
        return data if data.endswith(".") else data + "."
    return data


def read(path):
    """The table of a zone file that text() has written."""
    zone = Zone()
    for line in pathlib.Path(path).read_text(encoding="utf-8").splitlines():
        found = re.match(r"(\S+)\. IN (A|AAAA|MX|TXT|CNAME|PTR) (.*)", line)
        if found:
            name, kind, data = found.groups()
            zone.add(name, kind, "".join(re.findall(r'"([^"]*)"', data)) if kind == "TXT" else data.rstrip(".") if kind in ("CNAME", "PTR") else data)
    return zone


class Epochs:
    """Days between which nothing changes are one."""

    def __init__(self, zone):
        self.days = zone.changes()

    def of(self, day):
        return bisect.bisect_right(self.days, day)
