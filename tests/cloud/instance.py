"""An instance of Function Compute: a process of a bare Python 3.10 that sees a package and nothing else."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tests.cloud.function_context import FunctionContext

# A call a line, an answer a line. What a handler prints goes to standard error, as it is no answer.
_SERVE = """
import importlib, json, os, sys, time, traceback
from types import SimpleNamespace
package, handler = sys.argv[1:]
sys.path[:] = [package, *sys.path[1:]]
answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)

def here():
    files = {name: getattr(module, "__file__", None) or "" for name, module in sys.modules.items()}
    return sorted({name.partition(".")[0] for name, file in files.items() if file.startswith(package)})

module, _, function = handler.rpartition(".")
for line in sys.stdin:
    asked = json.loads(line)
    context = json.loads(json.dumps(asked["context"]), object_hook=lambda fields: SimpleNamespace(**fields))
    try:
        called = getattr(importlib.import_module(module), function)
        told = {"answer": called(asked["event"].encode(), context)}
    except Exception:
        told = {"error": traceback.format_exc()}
    print(json.dumps({**told, "modules": here(), "cpu": time.process_time()}), file=answers, flush=True)
"""


GONE = '{"error": "the process is gone", "modules": [], "cpu": 0}'


class HandlerError(Exception):
    """The handler has raised; the traceback."""


class Instance:
    """A context manager. The process starts at the first call and serves all that follow, as a warm one does.

    `handler` is written as in s.yaml: `actiontrail.handler`. Nothing of this machine's Python packages, time
    zones or environment is there: the runtime's image need not have them. `modules` are the package's that
    are loaded; `answers` what the handler has returned; `cpu` the seconds of processor time so far.
    """

    def __init__(self, python: str, package: Path, handler: str, environment: Mapping[str, str]) -> None:
        self.answers: list[Any] = []
        self.modules: set[str] = set()
        self.cpu = 0.0
        self._command = [python, "-S", "-s", "-B", "-c", _SERVE, str(package.resolve()), handler]
        self._environment = {"PYTHONTZPATH": "", **environment}
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Instance:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process:
            self._process.communicate(timeout=10)

    def handler(self, event: bytes, context: FunctionContext) -> Any:
        """Call the handler. Raises HandlerError."""
        process = self._process = self._process or self._start()
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps({"event": event.decode(), "context": asdict(context)}) + "\n")
        process.stdin.flush()
        told = json.loads(process.stdout.readline() or GONE)
        self.cpu = told["cpu"]
        self.modules = {name for name in told["modules"] if "__mypyc" not in name}
        if "error" in told:
            raise HandlerError(told["error"])
        self.answers.append(told["answer"])
        return told["answer"]

    def _start(self) -> subprocess.Popen[str]:
        pipe = subprocess.PIPE
        return subprocess.Popen(
            self._command, stdin=pipe, stdout=pipe, text=True, env=self._environment, cwd="/"
        )
