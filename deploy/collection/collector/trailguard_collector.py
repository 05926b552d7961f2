#!/usr/bin/env python3
# ruff: noqa: B905, RUF005, UP006, UP022, UP035, UP045 -- runs on the Python 3.6 of old hosts
"""What osquery would tell of a host, for hosts without it: the same queries, in the same lines.

Asks every query of ../osquery/trailguard.conf and appends its results to a log in osquery's event format
(https://osquery.readthedocs.io/en/stable/deployment/logging/). Most queries tell what came (`added`) and went
(`removed`) since the run before; their first run is a baseline (counter 0). Snapshots tell all, each time.

It needs Python 3.6 or newer, and psutil for processes and sockets. It needs no root. What it was not let see
is told on standard error and, as it comes and goes, by the query `unseen`; nothing counts as removed that was
not seen. Files of users are never read through a symbolic link, nor if another user owns them.

Exit code: 0; 1 if it failed, and the next run tells all; 2 if it may not write where it should; 3 if
psutil is missing (the other queries ran); 75 if another run is at work.
"""

import argparse
import configparser
import errno
import fcntl
import hashlib
import ipaddress
import json
import os
import shutil
import socket
import stat
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, Optional, Set, Tuple

try:
    import psutil  # type: ignore[import-untyped]
except ImportError:
    psutil = None

Row = Dict[str, str]

USER_FILE, SYSTEM_FILE = 256 * 1024, 16 * 1024 * 1024  # bytes read of one file at most
ROWS, VALUE = 20_000, 4096  # rows a query, characters a value
LOG_BYTES = 16 * 1024 * 1024  # then the log starts over, and the old one is kept as .1
FEW = 5  # connections in CLOSE_WAIT that nobody need hear of
KEY_TYPES = ("ssh-", "ecdsa-", "sk-ssh-", "sk-ecdsa-")
APT_KEYS = [
    "/etc/apt/trusted.gpg",
    "/etc/apt/trusted.gpg.d/*",
    "/etc/apt/keyrings/*",
    "/usr/share/keyrings/*",
]
APT_SOURCES = ["/etc/apt/sources.list", "/etc/apt/sources.list.d/*"]
YUM_SOURCES = ["/etc/yum.conf", "/etc/dnf/dnf.conf", "/etc/yum.repos.d/*"]
DENIED = os.strerror(errno.EACCES)
OURS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class Look:
    """One look at the host whose files are below `root`, and what it was not let see: path → reason."""

    def __init__(self, root: str = "/") -> None:
        self.root = root.rstrip("/")
        self.unseen = {}  # type: Dict[str, str]

    def lines(self, path: str) -> List[str]:
        """The lines of a file of the system; none if there is no such file."""
        return self.data(path).decode("utf-8", "backslashreplace").splitlines()

    def data(self, path: str) -> bytes:
        """The beginning of a file of the system."""
        try:
            with Path(self.root + path).open("rb") as file:
                return self._cut(path, file.read(SYSTEM_FILE + 1), SYSTEM_FILE)
        except FileNotFoundError:
            return b""
        except OSError as error:
            self.unseen[path] = str(error.strerror)
            return b""

    def files(self, patterns: List[str]) -> Iterator[str]:
        """The regular files that patterns name."""
        for pattern in patterns:
            folder = os.path.dirname(pattern)  # noqa: PTH120
            if Path(self.root + folder).exists() and not os.access(self.root + folder, os.R_OK | os.X_OK):
                self.unseen[folder] = DENIED
            for path in sorted(Path(self.root + "/").glob(pattern.lstrip("/"))):
                if path.is_file():
                    yield str(path)[len(self.root) :]

    def lines_of_user(self, user: Row, name: str) -> List[str]:
        """The lines of a user's ~/.ssh/NAME. Each step is taken by hand, so that no link leads elsewhere."""
        path = "{}/.ssh/{}".format(user["directory"], name)
        opened = []  # type: List[int]
        try:
            opened.append(os.open(self.root + user["directory"], os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC))
            opened.append(os.open(".ssh", OURS | os.O_DIRECTORY, dir_fd=opened[-1]))
            opened.append(os.open(name, OURS, dir_fd=opened[-1]))
            if not _is_own(os.fstat(opened[-1]), int(user["uid"])):
                self.unseen[path] = "not a file of this user"
                return []
            data = self._cut(path, os.read(opened[-1], USER_FILE + 1), USER_FILE)
            return data.decode("utf-8", "backslashreplace").splitlines()
        except (FileNotFoundError, ValueError):
            return []
        except OSError as error:  # a link is ELOOP, or ENOTDIR for a directory
            self.unseen[path] = str(error.strerror)
            return []
        finally:
            for descriptor in opened:
                os.close(descriptor)

    def _cut(self, path: str, data: bytes, most: int) -> bytes:
        if len(data) > most:
            self.unseen[path] = f"only its first {most} bytes"
        return data[:most]


def _is_own(status: os.stat_result, uid: int) -> bool:
    """A regular file of the user's, or of root's that has no second name, as a hard link is."""
    owned = status.st_uid == uid or (status.st_uid == 0 and status.st_nlink == 1)
    return stat.S_ISREG(status.st_mode) and owned


def users(look: Look) -> Iterator[Row]:
    """The accounts in /etc/passwd."""
    for line in look.lines("/etc/passwd"):
        parts = line.split(":")
        if len(parts) >= 7 and parts[0][:1] not in ("#", "+", "-"):
            names = ("username", "uid", "gid", "description", "directory", "shell")
            yield dict(zip(names, [parts[0]] + parts[2:7]))


def groups(look: Look) -> Iterator[Row]:
    """The groups in /etc/group."""
    return ({"groupname": name, "gid": gid} for name, gid, _ in _groups(look))


def user_groups(look: Look) -> Iterator[Row]:
    """Who is in which group, as a member or because it is the account's own."""
    accounts = {user["username"]: user for user in users(look)}
    for name, gid, members in _groups(look):
        own = [user["username"] for user in accounts.values() if user["gid"] == gid]
        for member in sorted({*members, *own} & set(accounts)):
            yield {"username": member, "groupname": name, "uid": accounts[member]["uid"], "gid": gid}


def _groups(look: Look) -> Iterator[Tuple[str, str, List[str]]]:
    for line in look.lines("/etc/group"):
        parts = line.split(":")
        if len(parts) == 4 and parts[0][:1] not in ("#", "+", "-"):
            yield parts[0], parts[2], [member.strip() for member in parts[3].split(",") if member.strip()]


def authorized_keys(look: Look) -> Iterator[Row]:
    """The keys that open each account. sshd(8), AUTHORIZED_KEYS FILE FORMAT"""
    for row, line in _of_users(look, ("authorized_keys", "authorized_keys2")):
        options, rest = ("", line) if line.startswith(KEY_TYPES) else _options(line)
        names = ("algorithm", "key", "comment")
        yield {"options": options, **dict(zip(names, (rest.split(None, 2) + ["", "", ""])[:3])), **row}


def known_hosts(look: Look) -> Iterator[Row]:
    """The hosts that each user trusts: whole lines, as osquery tells them."""
    return ({"key": line, **row} for row, line in _of_users(look, ("known_hosts",)))


def _of_users(look: Look, names: Tuple[str, ...]) -> Iterator[Tuple[Row, str]]:
    for user in users(look):
        for name in names:
            key_file = "{}/.ssh/{}".format(user["directory"], name)
            row = {"uid": user["uid"], "username": user["username"], "key_file": key_file}
            for line in map(str.strip, look.lines_of_user(user, name)):
                if line and line[0] != "#":
                    yield row, line
            if look.unseen.get(key_file, DENIED) != DENIED:  # sshd may read on where we don't: that is news
                yield {**row, "comment": "not read: " + look.unseen[key_file]}, ""


def _options(line: str) -> Tuple[str, str]:
    """What stands before the key: words with quoted spaces in them."""
    quoted = False
    for index, character in enumerate(line):
        if character == '"' and line[index - 1 : index] != "\\":
            quoted = not quoted
        elif character in " \t" and not quoted:
            return line[:index], line[index:].strip()
    return "", line


def sudoers(look: Look) -> Iterator[Row]:
    """The lines of /etc/sudoers and of what it includes. sudoers(5)"""
    return _sudoers(look, "/etc/sudoers", set())


def _sudoers(look: Look, path: str, seen: Set[str]) -> Iterator[Row]:
    if path in seen or len(seen) > 128:
        return
    seen.add(path)
    for line in "\n".join(look.lines(path)).replace("\\\n", " ").split("\n"):
        header, details = (line.split(None, 1) + ["", ""])[:2]
        word, details = header[1:], details.strip()
        includes = header[:1] in ("@", "#") and word in ("include", "includedir")
        if header and (includes or header[0] != "#" or word.isdigit()):  # `#1000` is the user of that id
            yield {"source": path, "header": header, "rule_details": details}
        if includes:
            target = os.path.join(os.path.dirname(path), details.strip('"'))  # noqa: PTH118, PTH120
            for file in look.files([target + "/*"]) if word == "includedir" else [target]:
                if word == "include" or not ("." in Path(file).name or file.endswith("~")):
                    yield from _sudoers(look, file, seen)


def apt_sources(look: Look) -> Iterator[Row]:
    """Where APT takes packages from, in both formats. sources.list(5)"""
    for path in look.files(APT_SOURCES):
        lines = look.lines(path)
        for uri, suite, components in _stanzas(lines) if path.endswith(".sources") else _one_line(lines):
            name = f"{uri} {suite}"
            yield {"name": name, "source": path, "base_uri": uri, "release": suite, "components": components}


def _one_line(lines: List[str]) -> Iterator[Tuple[str, str, str]]:
    for line in lines:
        kind, _, rest = line.partition("#")[0].strip().partition(" ")
        rest = rest.strip()
        if rest[:1] == "[":
            rest = rest.partition("]")[2].strip()
        parts = rest.split(None, 2)
        if kind in ("deb", "deb-src") and len(parts) >= 2:
            yield parts[0], parts[1], parts[2] if len(parts) > 2 else ""


def _stanzas(lines: List[str]) -> Iterator[Tuple[str, str, str]]:
    for text in "\n".join(line for line in lines if line[:1] != "#").split("\n\n"):
        fields = {}  # type: Dict[str, str]
        name = ""
        for line in text.splitlines():
            if line[:1] not in (" ", "\t") and ":" in line:
                name, _, line = line.partition(":")
            fields[name.lower()] = (fields.get(name.lower(), "") + " " + line.strip()).strip()
        if fields.get("enabled", "yes").lower() not in ("no", "false", "off", "0"):
            for uri in fields.get("uris", "").split():
                for suite in fields.get("suites", "").split():
                    yield uri, suite, fields.get("components", "")


def yum_sources(look: Look) -> Iterator[Row]:
    """Where YUM and DNF take packages from. yum.conf(5)"""
    names = ("baseurl", "mirrorlist", "metalink", "enabled", "gpgcheck", "gpgkey")
    for path in look.files(YUM_SOURCES):
        parser = configparser.RawConfigParser(strict=False)
        try:
            parser.read_string("\n".join(look.lines(path)))
        except configparser.Error as error:
            look.unseen[path] = str(error).replace("\n", " ")
            continue
        for section in parser.sections():
            if section != "main":
                told = {name: parser.get(section, name, fallback="") for name in names}
                yield {"name": parser.get(section, "name", fallback=section), "source": path, **told}


def package_source_files(look: Look) -> Iterator[Row]:
    """The files that say where packages come from."""
    return _hashes(look, APT_SOURCES + YUM_SOURCES)


def package_keys(look: Look) -> Iterator[Row]:
    """The keys that packages are checked with."""
    return _hashes(look, [*APT_KEYS, "/etc/pki/rpm-gpg/*"])


def _hashes(look: Look, patterns: List[str]) -> Iterator[Row]:
    for path in look.files(patterns):
        data = look.data(path)
        if path not in look.unseen:
            yield {"path": path, "sha256": hashlib.sha256(data).hexdigest()}


def rpm_keys(look: Look) -> Iterator[Row]:
    """The keys that rpm has imported, which are packages to it."""
    names = ("name", "version", "release", "install_time")
    if look.root or not shutil.which("rpm"):
        return
    form = "%{NAME}\\t%{VERSION}\\t%{RELEASE}\\t%{INSTALLTIME}\\n"
    command = ["rpm", "-q", "gpg-pubkey", "--qf", form]
    asked = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60, check=False)
    for line in asked.stdout.decode("utf-8", "replace").splitlines():
        if line.startswith("gpg-pubkey\t"):
            yield dict(zip(names, line.split("\t")))


def listening_ports(look: Look) -> Iterator[Row]:
    """Who listens where. A UDP socket that is not connected listens, as osquery has it."""
    found = {}  # type: Dict[Tuple[str, str, str, str, str], int]
    for one in _sockets(look):
        if _listens(one):
            family = "10" if one.family == socket.AF_INET6 else "2"
            place = (one.laddr[0], str(one.laddr[1]), _protocol(one), family, _program(one.pid))
            found[place] = min(one.pid or 0, found.get(place, one.pid or 0))
    for place, pid in found.items():
        yield {**dict(zip(("address", "port", "protocol", "family", "program"), place)), "pid": str(pid)}


def outbound_connections(look: Look) -> Iterator[Row]:
    """Who talks to whom outside. Connections to a port that listens were opened by visitors."""
    sockets = _sockets(look)
    served = {one.laddr[1] for one in sockets if _listens(one) and one.type == socket.SOCK_STREAM}
    found = {}  # type: Dict[Tuple[str, str, str, str], int]
    for one in sockets:
        talks = one.raddr and one.pid and one.status in ("ESTABLISHED", "SYN_SENT", "NONE")
        visited = one.type == socket.SOCK_STREAM and one.laddr[1] in served if one.laddr else True
        if talks and not visited and not _is_loopback(one.raddr[0]):
            place = (_program(one.pid), one.raddr[0], str(one.raddr[1]), _protocol(one))
            found[place] = min(one.pid, found.get(place, one.pid))
    names = ("program", "remote_address", "remote_port", "protocol")
    for place, pid in found.items():
        yield {**dict(zip(names, place)), "pid": str(pid)}


def close_wait(look: Look) -> Iterator[Row]:
    """How many connections each process has not closed after the other end did."""
    counts = {}  # type: Dict[int, int]
    for one in _sockets(look):
        if one.status == "CLOSE_WAIT" and one.pid:
            counts[one.pid] = counts.get(one.pid, 0) + 1
    for pid, count in counts.items():
        if count >= FEW:
            yield {"pid": str(pid), "program": _program(pid), "count": str(count)}


def zombies(look: Look) -> Iterator[Row]:
    """How many ended children each process has not asked for."""
    counts = {}  # type: Dict[int, int]
    for process in psutil.process_iter(["ppid", "status"]):
        if process.info["status"] == psutil.STATUS_ZOMBIE:
            counts[process.info["ppid"]] = counts.get(process.info["ppid"], 0) + 1
    for parent, count in counts.items():
        about = {"name": "", "exe": "", "cmdline": []}  # type: Dict[str, Any]
        if psutil.pid_exists(parent):
            about = psutil.Process(parent).as_dict(["name", "exe", "cmdline"], ad_value="")
        told = {"parent_name": about["name"], "parent_path": about["exe"]}
        yield {
            "parent": str(parent),
            "parent_cmdline": " ".join(about["cmdline"]),
            "count": str(count),
            **told,
        }


def _sockets(look: Look) -> List[Any]:
    found = psutil.net_connections("inet")  # type: List[Any]
    if os.geteuid() and any(one.pid is None and one.status != "TIME_WAIT" for one in found):
        look.unseen["/proc/*/fd"] = "not root: whose sockets those of other users are"
    return found


def _listens(one: Any) -> bool:
    return one.status == "LISTEN" or (one.type == socket.SOCK_DGRAM and bool(one.laddr) and not one.raddr)


def _protocol(one: Any) -> str:
    return "6" if one.type == socket.SOCK_STREAM else "17"


def _is_loopback(address: str) -> bool:
    parsed = ipaddress.ip_address(address.partition("%")[0])
    return (getattr(parsed, "ipv4_mapped", None) or parsed).is_loopback


def _program(pid: Optional[int]) -> str:
    """The path of a process's program, or its name; empty if it is not told or gone."""
    try:
        process = psutil.Process(pid) if pid else None
    except psutil.Error:
        return ""
    for ask in (process.exe, process.name) if process else ():
        try:
            if ask():
                return str(ask())
        except psutil.Error:
            continue
    return ""


def unseen(look: Look) -> Iterator[Row]:
    """What this look was not let see; asked last."""
    return ({"source": path, "description": reason} for path, reason in look.unseen.items())


Query = Callable[[Look], Iterator[Row]]

NEED_PSUTIL = [listening_ports, outbound_connections, close_wait, zombies]  # type: List[Query]
SNAPSHOTS = [close_wait, zombies]  # type: List[Query]
QUERIES = [
    *NEED_PSUTIL,
    users,
    groups,
    user_groups,
    authorized_keys,
    known_hosts,
    sudoers,
    apt_sources,
    yum_sources,
    package_source_files,
    package_keys,
    rpm_keys,
    unseen,
]  # type: List[Query]


def ask(query: Query, look: Look) -> Optional[List[Row]]:
    """The rows of a query, each once; None if it can't be asked, which is told."""
    name = "query " + query.__name__
    if psutil is None and query in NEED_PSUTIL:
        look.unseen[name] = "psutil is missing (python3-psutil)"
        return None
    try:
        rows = {_key(row): row for row in map(_clean, query(look))}
    except (OSError, ValueError, subprocess.SubprocessError, getattr(psutil, "Error", OSError)) as error:
        look.unseen[name] = f"{type(error).__name__}: {error}"
        return None
    if len(rows) > ROWS:
        look.unseen[name] = f"only {ROWS} of {len(rows)} rows"
    return [rows[key] for key in sorted(rows)[:ROWS]]


def _clean(row: Row) -> Row:
    return {name: v[:VALUE].encode("utf-8", "backslashreplace").decode() for name, v in row.items()}


def _key(row: Row) -> str:
    return json.dumps(row, sort_keys=True)


def compare(old: List[Row], rows: List[Row], look: Look) -> Tuple[List[Row], List[Row], List[Row]]:
    """What came, what went, and what is kept for the next run: what was not seen is taken to be there."""
    before, now = {_key(row) for row in old}, {_key(row) for row in rows}
    hidden = tuple(look.unseen)
    gone = [row for row in old if _key(row) not in now]
    kept = [row for row in gone if hidden and any(value.startswith(hidden) for value in row.values())]
    added = [row for row in rows if _key(row) not in before]
    return added, [row for row in gone if row not in kept], rows + kept


def results(look: Look, state: Dict[str, Any], now: int) -> Iterator[str]:
    """The lines of one run; `state` becomes what the next is compared with. `now` is in Unix seconds."""
    epoch = state.setdefault("epoch", now)
    for query in QUERIES:
        rows = ask(query, look)
        if rows is None:
            continue
        known = state.setdefault("queries", {}).setdefault(query.__name__, {"counter": -1, "rows": []})
        known["counter"] += 1
        if query in SNAPSHOTS:
            told = [("snapshot", row) for row in rows]
        else:
            added, removed, known["rows"] = compare(known["rows"], rows, look)
            told = [("added", row) for row in added] + [("removed", row) for row in removed]
        for action, row in told:
            yield line(query.__name__, epoch, known["counter"], now, action, row)


def line(query: str, epoch: int, counter: int, now: int, action: str, row: Row) -> str:
    """One row as osquery writes it."""
    result = {
        "name": "pack_trailguard_" + query,
        "hostIdentifier": socket.gethostname(),
        "calendarTime": time.strftime("%a %b %d %H:%M:%S %Y UTC", time.gmtime(now)),
        "unixTime": now,
        "epoch": epoch,
        "counter": counter,
        "numerics": False,
        "columns": row,
        "action": action,
    }
    return json.dumps(result, separators=(",", ":"))


def append(log: Path, lines: List[str]) -> None:
    """Add whole lines to the log, on the disk when this returns."""
    data = "".join(one + "\n" for one in lines).encode()
    if log.exists() and log.stat().st_size + len(data) > LOG_BYTES:
        log.replace(log.with_name(log.name + ".1"))
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
    with os.fdopen(os.open(str(log), flags, 0o640), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def load(path: Path) -> Dict[str, Any]:
    """The state that the run before left; an empty one at first, or if it can't be read, which is told."""
    try:
        state = json.loads(path.read_text())
        return state if isinstance(state, dict) else {}
    except FileNotFoundError:
        return {}
    except ValueError as error:
        print(f"{path}: {error}; all is a baseline again", file=sys.stderr)
        return {}


def save(path: Path, state: Dict[str, Any]) -> None:
    """Replace the state in one step."""
    fresh = path.with_name(path.name + ".new")
    with os.fdopen(os.open(str(fresh), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(state, file)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def _is_writable(folder: Path) -> bool:
    """Whether files can be made in a folder, which is made if need be."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return False
    return os.access(str(folder), os.W_OK)


def main() -> int:
    """One run. See the exit codes above."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--log", type=Path, default=Path("/var/log/trailguard/collector.results.log"))
    parser.add_argument("--state", type=Path, default=Path("/var/lib/trailguard/collector.json"))
    parser.add_argument("--root", default="/", help="where the host's files are (default: /)")
    options = parser.parse_args()
    for folder in (options.log.parent, options.state.parent):
        if not _is_writable(folder):
            parser.error(f"{folder}: may not be written to; name other places by --log and --state")
    with options.state.with_name(options.state.name + ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            print("another run is at work", file=sys.stderr)
            return 75
        look, state = Look(options.root), load(options.state)
        append(options.log, list(results(look, state, int(time.time()))))
        save(options.state, state)  # after the lines: a crash between them tells twice, never not at all
    for path, reason in look.unseen.items():
        print(f"not seen: {path}: {reason}", file=sys.stderr)
    return 3 if psutil is None else 0


if __name__ == "__main__":
    sys.exit(main())
