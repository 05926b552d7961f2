"""s.yaml as Serverless Devs reads it: rendered by deploy/s_yaml.py, and by the real `s` of npm."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from deploy.s_yaml import render
from deploy.vars import S_YAML

__all__ = ["S_YAML", "ServerlessDevs", "install", "render"]

RELEASE = "@serverless-devs/s@3.1.10"
ACCOUNT = {"AccountID": "1234567890123456", "AccessKeyID": "id", "AccessKeySecret": "secret"}

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


@dataclass
class ServerlessDevs:
    """The real command line, in a project of its own: s.yaml beside a `make package` that fails or not."""

    command: Path
    home: Path

    def preview(self, text: str = "", **environment: str) -> dict[str, Any]:
        """s.yaml, or another `text`, as it renders it."""
        done = self._run("preview", "-o", "json", "--silent", text=text, **environment)
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

    def _run(self, *arguments: str, text: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
        (self.home / ".s").mkdir(exist_ok=True)
        (self.home / ".s" / "set-config.yml").write_text("analysis: disable\n")  # it would call home
        (self.home / "s.yaml").write_text(text or S_YAML.read_text())
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
