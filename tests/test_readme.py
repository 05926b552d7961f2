"""What the README says is so."""

from __future__ import annotations

import re

from shared.cli.main import COMMANDS
from shared.cli.rules import items_table
from shared.config import HERE, load_alerts

README = (HERE / "README.md").read_text(encoding="utf-8")


def test_the_table_of_items_is_the_one_that_the_command_prints() -> None:
    table = README.split("<!-- items: begin -->")[1].split("<!-- items: end -->")[0].strip()
    assert table == "\n".join(items_table(load_alerts().shipped))


def test_every_command_it_names_exists_and_every_command_is_named() -> None:
    commands = {module.__name__.rpartition(".")[2] for module in COMMANDS}
    assert set(re.findall(r"`trailguard (\w+)", README)) == commands


def test_every_path_it_names_exists() -> None:
    paths = set(re.findall(r"`((?:functions|shared|alerts|tests)/[\w/.]*)`", README))
    assert paths
    assert [path for path in paths if not (HERE / path).exists()] == []
