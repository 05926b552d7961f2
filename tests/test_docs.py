"""What docs/ tells people to type exists: commands, options, targets, files, variables, roles."""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path

import pytest

from deploy.bootstrap.policies import PARTS
from shared.cli.main import COMMANDS, main
from shared.config import HERE, load_alerts
from shared.settings import Settings

PAGES = sorted((HERE / "docs").glob("*.md"))
TEXT = {page.name: page.read_text(encoding="utf-8") for page in PAGES}
DEPLOYING = TEXT["deploying.md"]
every_page = pytest.mark.parametrize("text", TEXT.values(), ids=TEXT)

S_COMMANDS = {"config add", "deploy", "remove", "version publish", "version list", "alias publish"}
"""Of Serverless Devs and its component (github.com/devsapp/fc3, docs/zh/command)."""


def typed(text: str) -> list[str]:
    """Lines of shell, and what stands in code within the text, without comments."""
    blocks = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
    lines = [line.split("  #")[0].strip() for block in blocks for line in block.splitlines()]
    return [*lines, *re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))]


def help_of(command: str, capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(SystemExit):
        main([command, "--help"])
    return capsys.readouterr().out


@every_page
def test_every_trailguard_command_and_its_options_exist(
    text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    known = {module.__name__.rpartition(".")[2] for module in COMMANDS}
    for line in typed(text):
        if match := re.match(r"(?:\.venv/bin/)?trailguard (\w+)(.*)", line):
            assert match[1] in known, line
            told = help_of(match[1], capsys)
            assert [option for option in re.findall(r"--[\w-]+", match[2]) if option not in told] == [], line


def test_the_steps_of_a_deploy_are_all_there() -> None:
    lines = typed(DEPLOYING)
    steps = ["make deploy-ready", ".venv/bin/trailguard bootstrap", "s deploy", ".venv/bin/trailguard doctor"]
    assert [lines.index(step) for step in steps] == sorted(lines.index(step) for step in steps)


@every_page
def test_every_make_target_exists(text: str) -> None:
    targets = set(re.findall(r"^([\w-]+):", (HERE / "Makefile").read_text(), re.MULTILINE))
    asked = {line.split()[1] for line in typed(text) if line.startswith("make ")}
    assert asked <= targets


@every_page
def test_every_command_of_serverless_devs_is_one_that_it_has(text: str) -> None:
    asked = {re.match(r"s ((?:version|alias|config) \w+|\w+)", line) for line in typed(text)}
    assert {match[1] for match in asked if match} <= S_COMMANDS


@every_page
def test_every_module_that_is_run_and_every_file_that_is_named_exists(text: str) -> None:
    modules = re.findall(r"python -m ([\w.]+)", text)
    assert [name for name in modules if find_spec(name) is None] == []
    paths = re.findall(r"`((?:functions|shared|alerts|deploy|tests)/[\w/.]*)`", text)
    links = [link for link in re.findall(r"\]\(([^)]+)\)", text) if not link.startswith("http")]
    named = [HERE / path for path in paths] + [HERE / "docs" / link for link in links]
    assert [path for path in named if not Path(path).exists()] == []


@every_page
def test_every_variable_is_one_that_something_reads(text: str) -> None:
    read = {f"TRAILGUARD_{name.upper()}" for name in Settings.model_fields}
    read |= set(re.findall(r"env\('(\w+)'", (HERE / "s.yaml").read_text()))
    read |= set(re.findall(r"\$\{(\w+)\}", (HERE / "alerts" / "routes.yml").read_text()))
    assert set(re.findall(r"\b(?:TRAILGUARD|DINGTALK)_[A-Z_]+\b", text)) <= read


def test_every_role_stands_in_the_table_and_no_other() -> None:
    named = re.findall(r"^\| `(trailguard-\w+)` \| ([\w ]+) \|", DEPLOYING, re.MULTILINE)
    services = {"fc.aliyuncs.com": "Function Compute", "log.aliyuncs.com": "Log Service"}
    assert dict(named) == {role: services[part.service] for role, part in PARTS.items()}


def test_every_rule_that_is_named_is_shipped() -> None:
    shipped = {rule.name for rule in load_alerts().shipped}
    named = DEPLOYING.split("Such changes are alerts themselves")[1].split(")")[0]
    assert set(re.findall(r"`([\w-]+)`", named)) <= shipped
