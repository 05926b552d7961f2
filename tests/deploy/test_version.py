"""The version of a checkout: by contents alone, code and alerts apart."""

from __future__ import annotations

from pathlib import Path

import pytest

from deploy.version import of_checkout


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    for name in ("functions/a.py", "shared/b.py", "shared/deep/c.py", "shared/cli/d.py", "alerts/routes.yml"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    (tmp_path / "constraints.txt").write_text("x==1")
    return tmp_path


def version(root: Path) -> tuple[str, str]:
    found = of_checkout(root / "alerts", root)
    return found.code, found.alerts


@pytest.mark.parametrize("name", ["functions/a.py", "shared/deep/c.py", "constraints.txt", "shared/new.py"])
def test_code_and_what_it_depends_on_make_the_version_of_the_code(checkout: Path, name: str) -> None:
    code, alerts = version(checkout)
    (checkout / name).write_text("changed")
    assert version(checkout)[0] != code
    assert version(checkout)[1] == alerts


def test_the_teams_files_make_the_version_of_alerts(checkout: Path) -> None:
    code, alerts = version(checkout)
    (checkout / "alerts" / "tuning.yml").write_text("{}")
    assert version(checkout)[0] == code
    assert version(checkout)[1] != alerts


@pytest.mark.parametrize(
    "name", ["shared/cli/d.py", "shared/__pycache__/b.pyc", "alerts/.routes.yml.swp", "x"]
)
def test_what_is_not_deployed_makes_no_difference(checkout: Path, name: str) -> None:
    before = version(checkout)
    (checkout / name).parent.mkdir(exist_ok=True)
    (checkout / name).write_text("changed")
    assert version(checkout) == before


def test_a_file_that_moves_is_a_change(checkout: Path) -> None:
    before = version(checkout)
    (checkout / "shared" / "b.py").rename(checkout / "shared" / "e.py")
    assert version(checkout)[0] != before[0]
