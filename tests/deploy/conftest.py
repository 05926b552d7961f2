"""A package, built once, and a Python 3.10 that has nothing else."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from deploy.package import main
from tests.cloud.function_context import FunctionContext
from tests.deploy.bootstrap_account import account

# Prints what the handler returns and which modules it took. -S: no site-packages.
_CALL = """
import json, sys
from types import SimpleNamespace
package, function, event, keys = sys.argv[1:]
sys.path[:] = [package, *sys.path[1:]]
context = SimpleNamespace(
    credentials=SimpleNamespace(**json.loads(keys)), region="cn-shanghai", account_id="1234567890123456",
    request_id="1", function=SimpleNamespace(name=function, timeout=60), service=None,
)
answer = __import__(function).handler(event.encode(), context)
here = [(name, getattr(module, "__file__", None) or "") for name, module in sys.modules.items()]
taken = sorted({name.partition(".")[0] for name, file in here if file.startswith(package)})
print(json.dumps({"answer": json.loads(answer), "modules": taken}))
"""


@dataclass
class BareFunction:
    """A function of the package, called in a fresh process that sees the package and the standard library.

    No time zones of the machine either: the runtime's image need not have them.
    """

    python: str
    package: Path
    name: str
    environment: dict[str, str]
    answers: list[dict[str, Any]] = field(default_factory=list)
    modules: set[str] = field(default_factory=set)

    def handler(self, event: bytes, context: FunctionContext) -> None:
        keys = json.dumps(vars(context.credentials))
        command = [
            self.python,
            "-S",
            "-s",
            "-B",
            "-c",
            _CALL,
            str(self.package),
            self.name,
            event.decode(),
            keys,
        ]
        environment = {"PYTHONTZPATH": "", **self.environment}
        done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd="/", check=False)
        assert done.returncode == 0, done.stderr
        told = json.loads(done.stdout)
        self.answers.append(told["answer"])
        self.modules.update(told["modules"])


@pytest.fixture(scope="session")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    output = tmp_path_factory.mktemp("build") / "package"
    assert main(["--output", str(output)]) == 0
    return output
