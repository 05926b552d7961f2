"""A package, built once, and accounts for bootstrap and doctor."""

from __future__ import annotations

from pathlib import Path

import pytest

from deploy.package import build, find_python
from shared.config import HERE
from tests.deploy.bootstrap_account import account
from tests.deploy.doctor_account import patient
from tests.deploy.serverless_devs import ServerlessDevs, install

__all__ = ["account", "patient"]


@pytest.fixture(scope="session")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The real one, as `make package` makes it once it has found no mistake."""
    output = tmp_path_factory.mktemp("build") / "package"
    build(output, HERE / "alerts", find_python())
    return output


@pytest.fixture(scope="session")
def python() -> str:
    """A Python 3.10; skips the test where there is none."""
    return find_python() or pytest.skip("this machine has no Python 3.10, which Function Compute runs")


@pytest.fixture(scope="session")
def s_command(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `s` of npm; skips the test where it can't be had."""
    return install(tmp_path_factory.mktemp("npm"))


@pytest.fixture
def serverless_devs(s_command: Path, tmp_path: Path) -> ServerlessDevs:
    return ServerlessDevs(s_command, tmp_path)
