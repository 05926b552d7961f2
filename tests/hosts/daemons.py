"""Real daemons on loopback, each with a configuration and a log of its own in a folder of its own."""

from __future__ import annotations

import getpass
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"

Process = subprocess.Popen[bytes]


def missing(*programs: str) -> list[str]:
    """Those that are not on this machine."""
    return [program for program in programs if not shutil.which(program, path=PATH)]


def path_of(program: str) -> str:
    """Where a program is: sshd insists on being started by its whole path."""
    found = shutil.which(program, path=PATH)
    assert found, program
    return found


@contextmanager
def running(command: list[str], **options: int) -> Iterator[Process]:
    """A process that is ended at the end."""
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, **options)  # type: ignore[call-overload]
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_for(condition: Callable[[], object], what: str, seconds: float = 20.0) -> None:
    """Waits until it holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"{what}: not within {seconds} s"
        time.sleep(0.02)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


class Rsyslog:
    """rsyslogd that listens on a socket of its own and writes `log`, in the format of `template`."""

    def __init__(self, folder: Path, process: Process, log: Path) -> None:
        self.socket, self.log = folder / "log.sock", log
        self._folder, self._process = folder, process

    def rotate(self) -> None:
        """As logrotate does: the file is moved away, and rsyslogd is told."""
        self.log.rename(self.log.with_name(f"{self.log.name}.1"))
        self._process.send_signal(signal.SIGHUP)


@contextmanager
def rsyslog(folder: Path, template: str) -> Iterator[Rsyslog]:
    log, configuration = folder / "auth.log", folder / "rsyslog.conf"
    configuration.write_text(
        f'global(workDirectory="{folder}")\n'
        'module(load="imuxsock" SysSock.Use="off")\n'
        f'input(type="imuxsock" Socket="{folder / "log.sock"}" RateLimit.Interval="0")\n'
        f'auth,authpriv.* action(type="omfile" file="{log}" template="{template}")\n'
    )
    log.touch()
    pid = str(folder / "rsyslogd.pid")
    with running([path_of("rsyslogd"), "-n", "-f", str(configuration), "-i", pid]) as process:
        daemon = Rsyslog(folder, process, log)
        wait_for(daemon.socket.exists, "rsyslogd's socket")
        yield daemon


class Sshd:
    """sshd that takes the key in `folder`/key, and asks for passwords; it is reached by `login`."""

    def __init__(self, folder: Path, port: int) -> None:
        self._folder, self._port = folder, port
        self._asked = folder / "ask"
        self._asked.write_text("#!/bin/sh\necho not-the-password\n")
        self._asked.chmod(0o755)

    def login(self, *options: str) -> int:
        """What ssh exits with. A password that it is asked for is a wrong one."""
        fixed = ["-F", "none", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null"]
        command = ["ssh", *fixed, "-p", str(self._port), *options, f"{getpass.getuser()}@127.0.0.1", "true"]
        environment = {"PATH": PATH, "SSH_ASKPASS": str(self._asked), "SSH_ASKPASS_REQUIRE": "force"}
        done = subprocess.run(
            command,
            env={**environment, "DISPLAY": ":0"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=60,
            check=False,
        )
        return done.returncode

    def guess(self, times: int) -> None:
        """So many wrong passwords, in one connection."""
        options = ("PreferredAuthentications=password", f"NumberOfPasswordPrompts={times}")
        assert self.login(*(word for option in options for word in ("-o", option))) == 255

    def enter(self) -> None:
        """A login with the key."""
        self.login("-o", "PreferredAuthentications=publickey", "-i", str(self._folder / "key"))


@contextmanager
def sshd(folder: Path, syslog: Path) -> Iterator[Sshd]:
    """What it says goes to `syslog` as its own syslog(3) would bring it there, but for the socket."""
    for name in ("key", "host_key"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)], check=True)
    port = free_port()
    (folder / "sshd_config").write_text(
        f"ListenAddress 127.0.0.1:{port}\nHostKey {folder / 'host_key'}\nPidFile {folder / 'sshd.pid'}\n"
        f"AuthorizedKeysFile {folder / 'key.pub'}\nStrictModes no\nPermitRootLogin yes\nUsePAM no\n"
        "PasswordAuthentication yes\nKbdInteractiveAuthentication no\nMaxAuthTries 10\n"
    )
    Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)  # empty: root's sshd insists on it, its unit makes it
    command = [path_of("sshd"), "-D", "-e", "-f", str(folder / "sshd_config")]
    with running(command, stderr=subprocess.PIPE) as process:
        threading.Thread(target=_relay, args=(process, syslog), daemon=True).start()
        wait_for(lambda: answers(port), "sshd")
        yield Sshd(folder, port)


def _relay(process: Process, syslog: Path) -> None:
    """Each line that sshd writes, as a datagram: priority, time, tag, message (RFC 3164)."""
    assert process.stderr is not None
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as outlet:
        for line in process.stderr:
            stamp = time.strftime("%b %e %H:%M:%S")
            text = line.decode().rstrip("\r\n")
            outlet.sendto(f"<38>{stamp} sshd[{process.pid}]: {text}".encode(), str(syslog))


class Nginx:
    """nginx that forbids /.env and passes /up to nobody. `log` is its error log."""

    def __init__(self, folder: Path, port: int, process: Process) -> None:
        self.log, self.port, self._process, self._folder = folder / "error.log", port, process, folder

    def get(self, path: str) -> None:
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as connection:
            connection.sendall(f"GET {path} HTTP/1.0\r\nHost: example.com\r\n\r\n".encode())
            while connection.recv(4096):
                pass

    def crash_a_worker(self) -> None:
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children")
        os.kill(int(children.read_text().split()[0]), signal.SIGSEGV)

    def start_another(self) -> None:
        """A second one finds the port taken, says so and gives up."""
        subprocess.run(nginx_command(self._folder), capture_output=True, timeout=60, check=False)


def nginx_command(folder: Path) -> list[str]:
    return [
        path_of("nginx"),
        "-p",
        str(folder),
        "-c",
        str(folder / "nginx.conf"),
        "-e",
        str(folder / "error.log"),
    ]


@contextmanager
def nginx(folder: Path) -> Iterator[Nginx]:
    port, nobody = free_port(), free_port()
    paths = " ".join(
        f"{kind}_temp_path {folder / kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    user = f"user {getpass.getuser()};" if os.getuid() == 0 else ""
    (folder / "nginx.conf").write_text(
        f"{user} daemon off; worker_processes 1; pid {folder / 'nginx.pid'};\n"
        f"error_log {folder / 'error.log'};\n"
        f"events {{}}\nhttp {{ access_log off; {paths}\n"
        f" server {{ listen 127.0.0.1:{port}; root {folder};\n"
        "  location /.env { deny all; }\n"
        f"  location /up {{ proxy_pass http://127.0.0.1:{nobody}; }} }} }}\n"
    )
    (folder / "error.log").touch()
    with running(nginx_command(folder), stderr=subprocess.DEVNULL) as process:
        wait_for(lambda: answers(port), "nginx")
        yield Nginx(folder, port, process)


LEAK = """
import os, socket, sys, time
server = socket.create_server(("127.0.0.1", 0), backlog=64)
print(server.getsockname()[1], flush=True)
held = [server.accept() for _ in range(int(sys.argv[1]))]
for _ in range(int(sys.argv[2])):
    if os.fork() == 0:
        os._exit(0)
print("held", flush=True)
time.sleep(600)
"""


@contextmanager
def leak(connections: int, zombies: int) -> Iterator[int]:
    """A process that neither closes what its visitors have left nor asks for its dead; its PID."""
    command = [sys.executable, "-c", LEAK, str(connections), str(zombies)]
    with running(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        for _ in range(connections):
            socket.create_connection(("127.0.0.1", port)).close()
        assert process.stdout.readline() == b"held\n"
        yield process.pid
