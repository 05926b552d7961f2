"""The names of things: bootstrap reads them where `s deploy` does, in s.yaml."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from deploy.vars import S_YAML, VarsError, dot_env, known, read_names, read_vars
from tests.deploy.serverless_devs import ServerlessDevs, render

MINE = {
    "TRAILGUARD_REGION": "eu-central-1",
    "TRAILGUARD_ACCOUNT": "2222222222222222",
    "TRAILGUARD_PROJECT": "own",
    "TRAILGUARD_TRAIL_PROJECT": "central",
    "TRAILGUARD_TRAIL_LOGSTORE": "actiontrail_audit-2",
    "TRAILGUARD_TABLESTORE": "memory",
    "TRAILGUARD_SECRET": "channels",
}


@pytest.fixture
def s_yaml(tmp_path: Path) -> Path:
    """s.yaml in a folder of its own, where a .env may stand beside it."""
    copy = tmp_path / "s.yaml"
    copy.write_text(S_YAML.read_text())
    return copy


@pytest.mark.parametrize("environment", [{}, MINE], ids=["defaults", "my own"])
def test_every_value_is_the_one_that_serverless_devs_makes_of_it(
    environment: dict[str, str], s_yaml: Path
) -> None:
    rendered = {name: str(value) for name, value in render(environment)["vars"].items()}
    assert read_vars(environment, s_yaml) == rendered


def test_a_trail_is_called_as_its_logstore_says(s_yaml: Path) -> None:
    names = read_names(MINE, s_yaml)
    assert (names.trail, names.project_arn(names.trail_project)) == (
        "audit-2",
        "acs:log:eu-central-1:2222222222222222:project/central",
    )


def test_what_is_edited_in_s_yaml_holds_for_bootstrap(s_yaml: Path) -> None:
    s_yaml.write_text(
        s_yaml.read_text()
        .replace("trailguard-alerts ", "findings ")
        .replace("env('TRAILGUARD_PROJECT', 'trailguard')", "env('TRAILGUARD_PROJECT', 'sec')")
    )
    names = read_names({}, s_yaml)
    assert (names.alerts_logstore, names.project) == ("findings", "sec")


def test_the_shell_comes_before_dot_env_and_dot_env_before_the_default(s_yaml: Path) -> None:
    s_yaml.with_name(".env").write_text(
        "# where\nexport TRAILGUARD_REGION='cn-beijing'\nTRAILGUARD_PROJECT = \"from-file\"\nnonsense\n"
    )
    names = read_names({"TRAILGUARD_PROJECT": "from-shell"}, s_yaml)
    assert (names.region, names.project, names.tablestore) == ("cn-beijing", "from-shell", "trailguard")
    assert dot_env(s_yaml.with_name("missing"), {}) == {}


@pytest.mark.parametrize(
    ("variable", "value", "told"),
    [
        ("REGION", "Hangzhou", "vars.region is 'Hangzhou'; it is a region's id, such as cn-hangzhou"),
        ("ACCOUNT", "my-company", "vars.account is 'my-company'"),
        ("PROJECT", "My Project", "vars.project is 'My Project'; it is 3 to 63 small letters"),
        ("TRAIL_PROJECT", "-x-", "vars.trail_project is '-x-'"),
        ("TRAIL_LOGSTORE", "audit", "vars.trail_logstore is 'audit'; it is actiontrail_<name of the trail>"),
    ],
)
def test_a_name_that_can_not_be_one_is_told(variable: str, value: str, told: str, s_yaml: Path) -> None:
    with pytest.raises(VarsError, match=re.escape(told)):
        read_names({f"TRAILGUARD_{variable}": value}, s_yaml)


DOT_ENV = """
A=1                                    # what stands behind a value is a comment
TRAILGUARD_PROJECT=tg-$TRAILGUARD_ACCOUNT   # names are unique
TRAILGUARD_TABLESTORE="memory"  # quotes
DINGTALK_TOKEN="tok # ${A}"
DINGTALK_SECRET='it is "q"'
WEBHOOK_SECRET=a#b
PAGERDUTY_KEY=a${A}b$A.c
SMTP_PASSWORD=p"w'x
export WECOM_KEY=key
MAIL_TO=a@example.com, b@example.com
SLACK_URL=
"""


def test_dot_env_is_read_as_serverless_devs_reads_it(serverless_devs: ServerlessDevs) -> None:
    path = serverless_devs.home / ".env"
    path.write_text(DOT_ENV)
    shell = {"TRAILGUARD_ACCOUNT": "2222222222222222", "TRAILGUARD_REGION": ""}
    theirs = serverless_devs.preview(**shell)
    ours = render(known(shell, serverless_devs.home / "s.yaml"))
    props = ours["resources"]["notify"]["props"]
    assert theirs["resources"]["notify"]["props"]["environmentVariables"] == props["environmentVariables"]
    assert (props["logConfig"]["project"], props["region"]) == ("tg-2222222222222222", "cn-hangzhou")
    assert theirs["vars"] == ours["vars"]


@pytest.mark.parametrize("value", ["p$wd", "'p$wd'", "p\\$wd", "${NOPE:-x}", "end$"])
def test_a_dollar_that_names_nothing_is_told_without_the_value(value: str, s_yaml: Path) -> None:
    s_yaml.with_name(".env").write_text(f"# mail\nSMTP_PASSWORD={value}\n")
    with pytest.raises(VarsError, match=r"\.env line 2: SMTP_PASSWORD has a \$") as error:
        read_names({}, s_yaml)
    assert value not in str(error.value)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("  alerts_logstore: ", "  alert_logstore: ", "no alerts_logstore.*alert_logstore"),
        ("${env('TRAILGUARD_REGION', 'cn-hangzhou')}", "${config('Region')}", r"vars.region: \$\{config"),
        ("trailguard-hosts ", "${vars.nowhere} ", r"vars.hosts_logstore: \$\{vars.nowhere\}"),
        ("${env('TRAILGUARD_PROJECT', 'trailguard')}", "${env('TRAILGUARD_PROJECT', '')}", "project.*empty"),
        ("vars:", "variables:", "no vars can be read"),
        ("edition: 3.0.0", "edition: [", "no vars can be read"),
    ],
)
def test_what_can_not_be_read_is_told_with_its_place(s_yaml: Path, old: str, new: str, told: str) -> None:
    text = s_yaml.read_text()
    assert old in text
    s_yaml.write_text(text.replace(old, new, 1))
    with pytest.raises(VarsError, match=f"s.yaml.*{told}"):
        read_names({}, s_yaml)
