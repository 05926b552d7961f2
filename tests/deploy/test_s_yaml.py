"""s.yaml: what Function Compute would be told, checked for what it accepts silently and should not."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from shared.config import HERE
from shared.settings import Settings
from tests.deploy.serverless_devs import S_YAML, ServerlessDevs, render

APART = {"TRAILGUARD_TRAIL_PROJECT": "the-trails"}  # by default one project is both
PROPS: dict[str, dict[str, Any]] = {
    name: resource["props"] for name, resource in render(APART)["resources"].items()
}
TRIGGERS = [
    pytest.param(props, trigger, id=f"{name}-{trigger['triggerName']}")
    for name, props in PROPS.items()
    for trigger in props.get("triggers", [])
]
every_function = pytest.mark.parametrize("props", PROPS.values(), ids=PROPS)
every_trigger = pytest.mark.parametrize(("props", "trigger"), TRIGGERS)

SECRET = re.compile("SECRET|TOKEN|PASSWORD|KEY|WEBHOOK_URL")


@every_function
def test_the_handler_is_a_function_of_ours(props: dict[str, Any]) -> None:
    module, _, name = props["handler"].partition(".")
    source = (HERE / "functions" / f"{module}.py").read_text()
    assert f"def {name}(event: bytes, context: Any)" in source


def test_every_function_of_ours_is_deployed() -> None:
    handlers = {props["handler"].partition(".")[0] for props in PROPS.values()}
    assert handlers == {path.stem for path in (HERE / "functions").glob("[!_]*.py")}


@every_function
def test_the_code_is_what_make_package_makes(props: dict[str, Any]) -> None:
    assert (props["code"], props["runtime"]) == ("./build/package", "python3.10")


def test_one_round_of_audits_is_over_before_the_next_begins() -> None:
    props = PROPS["account-audit"]
    minutes = int(re.fullmatch(r"@every (\d+)m", props["triggers"][0]["triggerConfig"]["cronExpression"])[1])
    assert props["timeout"] < minutes * 60
    assert props["concurrencyConfig"]["reservedConcurrency"] == 1
    assert props["asyncInvokeConfig"]["maxAsyncRetryAttempts"] == 0


@every_trigger
def test_a_log_trigger_reads_the_logstore_of_the_project_it_names(
    props: dict[str, Any], trigger: dict[str, Any]
) -> None:
    if trigger["triggerType"] != "log":
        assert "sourceArn" not in trigger
        return
    variables = render(APART)["vars"]
    project = re.fullmatch(rf"acs:log:{props['region']}:\d{{16}}:project/([\w-]+)", trigger["sourceArn"])
    logstore = trigger["triggerConfig"]["sourceConfig"]["logstore"]
    assert project is not None
    assert project[1] == variables["trail_project" if logstore == variables["trail_logstore"] else "project"]
    assert logstore in variables.values()


@every_trigger
def test_no_function_is_fed_by_the_logstores_that_it_logs_to(
    props: dict[str, Any], trigger: dict[str, Any]
) -> None:
    logged = {props["logConfig"]["logstore"]}
    if trigger["triggerType"] == "log":
        logged.add(trigger["triggerConfig"]["logConfig"]["logstore"])
        assert trigger["triggerConfig"]["sourceConfig"]["logstore"] not in logged


def test_the_projects_all_vary_with_the_variables_that_a_user_sets() -> None:
    """Every value that is of an account comes from vars: none is written out a second time."""
    mine = {"TRAILGUARD_REGION": "eu-central-1", "TRAILGUARD_ACCOUNT": "2222222222222222"}
    shown = str(render({**mine, "TRAILGUARD_TRAIL_PROJECT": "central", "TRAILGUARD_PROJECT": "own"}))
    assert not re.search("cn-hangzhou|1234567890123456|project/trailguard", shown)


@every_function
def test_every_setting_is_one_that_the_code_reads(props: dict[str, Any]) -> None:
    settings = {k: str(v) for k, v in props["environmentVariables"].items() if k.startswith("TRAILGUARD_")}
    Settings.of(settings)


def test_no_variable_that_s_yaml_asks_for_is_taken_for_a_mistake() -> None:
    """A person's shell has them set, and runs other commands, too."""
    asked = set(re.findall(r"env\('(TRAILGUARD_\w+)'", S_YAML.read_text()))
    assert len(asked) > 8
    Settings.of(dict.fromkeys(asked, "x") | {"TRAILGUARD_PUBLIC_URL": ""})


def test_every_variable_of_routes_yml_is_handed_to_the_notifier() -> None:
    asked = set(re.findall(r"\$\{(\w+)\}", (HERE / "alerts" / "routes.yml").read_text())) - {"NAME"}
    assert asked <= set(PROPS["notify"]["environmentVariables"])


@every_function
def test_no_secret_has_a_default(props: dict[str, Any]) -> None:
    given = {name: value for name, value in props["environmentVariables"].items() if SECRET.search(name)}
    assert set(given.values()) <= {""}


def test_the_component_can_be_another() -> None:
    for environment, component in (({}, "fc3"), ({"FC3_COMPONENT": "/path/fc3"}, "/path/fc3")):
        resources = render(environment)["resources"].values()
        assert {resource["component"] for resource in resources} == {component}


def test_every_deploy_packages_first() -> None:
    actions = yaml.safe_load(S_YAML.read_text())["actions"]["pre-deploy"]
    assert [action["run"] for action in actions] == ["make package"]


@pytest.mark.slow
@pytest.mark.parametrize("environment", [{}, {"TRAILGUARD_PROJECT": "own", "DINGTALK_TOKEN": "t0ken"}])
def test_the_real_command_line_renders_it_as_these_tests_do(
    serverless_devs: ServerlessDevs, environment: dict[str, str]
) -> None:
    rendered = serverless_devs.preview(**environment)["resources"]
    expected = render(environment)["resources"]
    assert {name: resource["props"] for name, resource in rendered.items()} == {
        name: resource["props"] for name, resource in expected.items()
    }


@pytest.mark.slow
def test_the_real_command_line_deploys_every_function_after_packaging(
    serverless_devs: ServerlessDevs,
) -> None:
    code, deployed = serverless_devs.deploy(packaging="touch packaged")
    assert code == 0
    assert {props["functionName"] for props in deployed} == {
        props["functionName"] for props in PROPS.values()
    }
    assert (serverless_devs.home / "packaged").exists()


@pytest.mark.slow
@pytest.mark.parametrize("function", [(), ("notify",)], ids=["all", "one"])
def test_a_package_that_fails_stops_the_deploy(
    serverless_devs: ServerlessDevs, function: tuple[str, ...]
) -> None:
    code, deployed = serverless_devs.deploy(*function, packaging="false")
    assert code != 0
    assert deployed == []
