"""Reading `alerts/`: rules, tuning and lists. Mistakes are collected, each with its file and line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from shared.alerting.idle import idle_settings, known_values
from shared.alerting.routes import Routing, load_routing
from shared.detection.load import load_rule
from shared.detection.rule import Rule
from shared.detection.selections import Lists
from shared.detection.tuning import tune
from shared.events.sources import SOURCES
from shared.events.text import text_of
from shared.located import ConfigError, Document, Problem, read_yaml
from shared.spelling import nearest

HERE = Path(__file__).resolve().parent.parent
"""The checkout, or on Function Compute the root of the package."""


@dataclass
class AlertsConfig:
    """What `alerts/` says. `shipped` are the rules before tuning; what is broken is left out, and told under
    `problems`. `notes` are settings that can do nothing."""

    directory: Path
    rules: list[Rule] = field(default_factory=list)
    shipped: list[Rule] = field(default_factory=list)
    lists: Lists = field(default_factory=dict)
    routing: Routing | None = None
    templates: dict[str, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    notes: list[Problem] = field(default_factory=list)


def load_alerts(directory: Path = HERE / "alerts") -> AlertsConfig:
    """Everything under `directory` that can be read, and what is wrong with the rest."""
    config = AlertsConfig(directory)
    if not (directory / "rules").is_dir():
        config.problems.append(
            Problem(str(directory), 1, "no rules/ in this folder; is it an alerts/ folder?")
        )
        return config
    config.lists = dict(_read_lists(config))
    config.shipped = sorted(_read_rules(config), key=lambda rule: rule.name)
    config.rules = _tuned(config)
    _read_telling(config)
    return config


def load_telling(directory: Path) -> AlertsConfig:
    """What the telling side needs of `directory`: routes and templates, and none of the rules."""
    config = AlertsConfig(directory)
    _read_telling(config)
    return config


def _read_telling(config: AlertsConfig) -> None:
    config.routing = _read_routing(config)
    templates = sorted(config.directory.glob("templates/*.j2"))
    config.templates = {path.stem: path.read_text("utf-8", "replace") for path in templates}


def _read_lists(config: AlertsConfig) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Each `lists/name.yml`: a flat YAML list."""
    for path in _yaml_files(config.directory / "lists"):
        try:
            yield path.stem, _listed(read_yaml(_text(path, _shown(config, path)), _shown(config, path)))
        except ConfigError as error:
            config.problems += error.problems


def _listed(document: Document) -> tuple[str, ...]:
    """The values of a list file. Raises ConfigError for anything but a flat list of values."""
    data = document.data
    if not isinstance(data, list):
        text = "a list file is a flat list: '- value' lines; [] is an empty one"
        raise ConfigError([document.problem((), text)])
    for number, value in enumerate(data):
        if value is None or isinstance(value, (dict, list)):
            text = "nothing stands here" if value is None else "a list file is a flat list: '- value' lines"
            raise ConfigError([document.problem((number,), text)])
    return tuple(text_of(value) for value in data)


def _read_rules(config: AlertsConfig) -> Iterator[Rule]:
    names: dict[str, str] = {}
    ids: dict[str, str] = {}
    for path in _yaml_files(config.directory / "rules"):
        shown = _shown(config, path)
        try:
            written = _text(path, shown)
            rule = load_rule(written, shown, SOURCES.values(), config.lists)
        except ConfigError as error:
            config.problems += error.problems
            continue
        taken = [
            Problem(shown, _line_of(kind, written), f"{kind} '{key}' is already taken by {seen[key]}")
            for kind, key, seen in (("name", rule.name, names), ("id", rule.id, ids))
            if seen.setdefault(key, shown) != shown
        ]
        if taken:
            config.problems += taken
            continue
        if not (config.directory / rule.runbook).is_file():
            there = [f"runbooks/{file.name}" for file in config.directory.glob("runbooks/*.md")]
            text = f"runbook '{rule.runbook}' does not exist{nearest(rule.runbook, there)}"
            config.problems.append(Problem(shown, _line_of("runbook", written), text))
        yield rule


def _tuned(config: AlertsConfig) -> list[Rule]:
    path = config.directory / "tuning.yml"
    if not path.exists():
        return config.shipped
    try:
        document = read_yaml(_text(path, _shown(config, path)), _shown(config, path))
    except ConfigError as error:
        config.problems += error.problems
        return config.shipped
    if document.data is not None and not isinstance(document.data, dict):
        config.problems.append(document.problem((), "expected rule names, each with what to change"))
        return config.shipped
    tuned = tune(config.shipped, document, SOURCES.values(), config.lists)
    config.problems += tuned.problems
    return tuned.rules


def _read_routing(config: AlertsConfig) -> Routing | None:
    path = config.directory / "routes.yml"
    if not path.exists():
        config.problems.append(Problem(_shown(config, path), 1, "missing: nobody would hear of any alert"))
        return None
    try:
        document = read_yaml(_text(path, _shown(config, path)), _shown(config, path))
        routing = load_routing(document)
    except ConfigError as error:
        config.problems += error.problems
        return None
    config.notes += idle_settings(document, routing, known_values(config.shipped))
    return routing


def _yaml_files(directory: Path) -> list[Path]:
    """The `.yml` and `.yaml` files at any depth; what an editor hides beside them is none of them."""
    found = (path for path in directory.rglob("*.y*ml") if path.suffix in (".yml", ".yaml"))
    return sorted(path for path in found if path.is_file() and not path.name.startswith("."))


def _text(path: Path, shown: str) -> str:
    data = path.read_bytes()
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ConfigError([Problem(shown, line, "not UTF-8; save the file as UTF-8")]) from None


def _line_of(key: str, text: str) -> int:
    """The first line of a rule file that gives `key`; 1 where none does, as for a name."""
    lines = enumerate(text.split("\n"), 1)
    return next((number for number, line in lines if line.lstrip().startswith(f"{key}:")), 1)


def _shown(config: AlertsConfig, path: Path) -> str:
    return str(Path(config.directory.name) / path.relative_to(config.directory))
