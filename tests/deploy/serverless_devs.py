"""s.yaml as Serverless Devs reads it: rendered by a few lines of ours, and by the real `s` of npm."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from shared.config import HERE

S_YAML = HERE / "s.yaml"
RELEASE = "@serverless-devs/s@3.1.10"
ACCOUNT = {"AccountID": "1234567890123456", "AccessKeyID": "id", "AccessKeySecret": "secret"}

_VARIABLE = re.compile(r"\$\{env\('(?P<env>\w+)', '(?P<default>[^']*)'\)\}|\$\{vars\.(?P<var>\w+)\}")

# A component that deploys nothing: it notes what it is given.
_RECORDER = """
const fs = require('fs');
module.exports.default = class {
  async deploy(input) {
    fs.appendFileSync(process.env.RECORD, JSON.stringify(input.props) + '\\n');
    return {};
  }
};
"""


def render(environment: Mapping[str, str]) -> dict[str, Any]:
    """s.yaml with its variables filled in and its templates put into the resources."""
    document = yaml.safe_load(S_YAML.read_text())
    document["vars"] = _filled(document["vars"], environment, {})
    document = _filled(document, environment, document["vars"])
    for resource in document["resources"].values():
        template = document["template"][resource["extend"]["name"]]
        resource["props"] = {**template, **resource["props"]}
    return dict(document)


def _filled(value: Any, environment: Mapping[str, str], variables: Mapping[str, Any]) -> Any:
    if isinstance(value, dict):
        return {key: _filled(inner, environment, variables) for key, inner in value.items()}
    if isinstance(value, list):
        return [_filled(inner, environment, variables) for inner in value]
    if not isinstance(value, str):
        return value

    def replacement(match: re.Match[str]) -> str:
        if match["env"]:
            return environment.get(match["env"], match["default"])
        return str(variables[match["var"]])

    return _VARIABLE.sub(replacement, value)


@dataclass
class ServerlessDevs:
    """The real command line, in a project of its own: s.yaml beside a `make package` that fails or not."""

    command: Path
    home: Path

    def preview(self, **environment: str) -> dict[str, Any]:
        done = self._run("preview", "-o", "json", "--silent", **environment)
        return dict(json.loads(done.stdout))

    def deploy(self, *function: str, packaging: str = "true") -> tuple[int, list[dict[str, Any]]]:
        """The exit code, and the properties of each function that would have been deployed."""
        (self.home / "Makefile").write_text(f"package:\n\t{packaging}\n")
        record = self.home / "record"
        record.write_text("")
        component = {"FC3_COMPONENT": str(self._component()), "RECORD": str(record)}
        done = self._run(*function, "deploy", "-y", **component, default=json.dumps(ACCOUNT))
        return done.returncode, [json.loads(line) for line in record.read_text().splitlines()]

    def _component(self) -> Path:
        folder = self.home / "recorder"
        folder.mkdir(exist_ok=True)
        (folder / "package.json").write_text('{"name": "recorder", "version": "0.0.1", "main": "index.js"}')
        (folder / "index.js").write_text(_RECORDER)
        return folder

    def _run(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        (self.home / ".s").mkdir(exist_ok=True)
        (self.home / ".s" / "set-config.yml").write_text("analysis: disable\n")  # it would call home
        shutil.copy(S_YAML, self.home)
        known = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "serverless_devs_config_home": str(self.home),
        }
        return subprocess.run(
            [self.command, *arguments],
            cwd=self.home,
            env={**known, **environment},
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )


def install(folder: Path) -> Path:
    """The `s` of npm in `folder`; skips the test where that can't be."""
    npm = shutil.which("npm") or pytest.skip("this machine has no npm, which Serverless Devs comes by")
    command = [npm, "install", "--prefix", str(folder), "--silent", "--no-fund", "--no-audit", RELEASE]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"npm can't install {RELEASE}: {done.stderr[-200:]}")
    return folder / "node_modules" / ".bin" / "s"
