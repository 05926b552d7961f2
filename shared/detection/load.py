"""From the text of a rule file to a Rule, or to located mistakes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePath
from typing import Any

from shared.detection import summary
from shared.detection.condition import build_condition
from shared.detection.items import ITEMS
from shared.detection.nodes import Node
from shared.detection.rule import Rule, RuleTest
from shared.detection.schema import RuleFile, TestBlock
from shared.detection.selections import Lists, SelectionError, build_selection
from shared.events.source import Source
from shared.located import ConfigError, Document, Path, Problem, read_yaml
from shared.spelling import nearest
from shared.validate import validate


def load_rule(text: str, file: str, sources: Iterable[Source], lists: Lists) -> Rule:
    """The rule in `text`; `file` is its path, whose stem becomes its name.

    Raises ConfigError with every mistake that can be told, each with its line.
    """
    document = read_yaml(text, file)
    rule = validate(document, RuleFile)
    source = _source(document, rule, sources)
    problems: list[Problem] = []
    found = _build_detection(document, rule, source, lists, problems)
    _check_item(document, rule, problems)
    _check_alert(document, rule, source, problems)
    _check_tests(document, rule, problems)
    _check_state(document, rule, source, problems)
    if problems or found is None:
        raise ConfigError(problems)
    return _rule(rule, PurePath(file).stem, source, *found)


def build_selections(
    document: Document, path: Path, definitions: Mapping[str, Any], source: Source, lists: Lists
) -> dict[str, Node]:
    """Each named selection below `path` as a node. Raises ConfigError, pointing at the lines at fault."""
    nodes: dict[str, Node] = {}
    problems: list[Problem] = []
    for name, definition in definitions.items():
        try:
            nodes[name] = build_selection(definition, source.check_field, lists)
        except SelectionError as error:
            problems.append(document.problem((*path, name, *error.path), str(error)))
    if problems:
        raise ConfigError(problems)
    return nodes


def _source(document: Document, rule: RuleFile, sources: Iterable[Source]) -> Source:
    asked = rule.logsource.model_dump(exclude_none=True, exclude={"definition"})
    for source in sources:
        if source.logsource == asked:
            return source
    known = [_logsource(source.logsource) for source in sources]
    text = f"no source reads {_logsource(asked) or 'nothing'}{nearest(_logsource(asked), known)}"
    raise ConfigError([document.problem(("logsource",), text)])


def _logsource(asked: Mapping[str, str]) -> str:
    return ", ".join(f"{name}: {value}" for name, value in asked.items())


def _build_detection(
    document: Document, rule: RuleFile, source: Source, lists: Lists, problems: list[Problem]
) -> tuple[Node, dict[str, Node]] | None:
    """The detection as one node, and its selections by name."""
    definitions = {name: value for name, value in rule.detection.items() if name != "condition"}
    condition = rule.detection.get("condition")
    if not isinstance(condition, str):
        problems.append(document.problem(("detection",), "'condition' is missing, or not one line of text"))
        return None
    try:
        selections = build_selections(document, ("detection",), definitions, source, lists)
        return build_condition(condition, selections), selections
    except ConfigError as error:
        problems += error.problems
    except (ValueError, RecursionError) as error:
        problems.append(document.problem(("detection", "condition"), f"condition: {error}"))
    return None


def _check_item(document: Document, rule: RuleFile, problems: list[Problem]) -> None:
    if rule.item not in ITEMS:
        problems.append(document.problem(("item",), f"no item '{rule.item}'{nearest(rule.item, ITEMS)}"))


def _check_alert(document: Document, rule: RuleFile, source: Source, problems: list[Problem]) -> None:
    for path, text in (
        (("alert", "summary"), rule.alert.summary),
        *([(("alert", "zh", "summary"), rule.alert.zh.summary)] if rule.alert.zh else []),
        *((("alert", "dedupe", n), "{" + name + "}") for n, name in enumerate(rule.alert.dedupe)),
    ):
        try:
            for name in summary.names_in(text):
                _check_name(name, source, (*summary.WORDS, *(rule.state.words if rule.state else ())))
        except ValueError as error:
            problems.append(document.problem(path, str(error)))


def _check_name(name: str, source: Source, words: Iterable[str]) -> None:
    """Raise ValueError, with the nearest right one, for what is neither one of `words` nor a field."""
    if name in words:
        return
    try:
        source.check_field(name)
    except ValueError as error:
        hint = nearest(name, words)
        raise ValueError(str(error).partition(";")[0] + hint if hint else str(error)) from None


def _check_tests(document: Document, rule: RuleFile, problems: list[Problem]) -> None:
    if {bool(test.fires) for test in rule.tests} != {True, False}:
        problems.append(document.problem(("tests",), "needs a test that fires and one that does not"))


def _check_state(document: Document, rule: RuleFile, source: Source, problems: list[Problem]) -> None:
    """The state block's fields, and the selections that its steps name."""
    if rule.state is None:
        return
    for path, name in rule.state.fields:
        if name not in summary.WORDS:
            try:
                source.check_field(name)
            except ValueError as error:
                problems.append(document.problem(("state", *path), str(error)))
    for path, step in rule.state.steps:
        if step not in rule.detection or step == "condition":
            text = f"no selection '{step}'{nearest(step, rule.detection)}"
            problems.append(document.problem(("state", *path), text))


def _rule(rule: RuleFile, name: str, source: Source, node: Node, selections: dict[str, Node]) -> Rule:
    steps = [step for _, step in rule.state.steps] if rule.state else []
    return Rule(
        name=name,
        id=str(rule.id),
        title=rule.title,
        level=rule.level,
        source=source.name,
        node=node,
        description=rule.description,
        status=rule.status,
        item=rule.item,
        mode=rule.mode,
        tags=tuple(rule.tags),
        references=tuple(rule.references),
        falsepositives=tuple(rule.falsepositives),
        summary=rule.alert.summary,
        dedupe=tuple(rule.alert.dedupe),
        runbook=rule.alert.runbook,
        fix=rule.alert.fix or "",
        title_zh=rule.alert.zh.title if rule.alert.zh else "",
        summary_zh=rule.alert.zh.summary if rule.alert.zh else "",
        tests=tuple(RuleTest(t.name, tuple(_events(t)), t.fires, t.silence) for t in rule.tests),
        kind=rule.state.kind if rule.state else None,
        steps={step: selections[step] for step in steps},
        detection=rule.detection,
        confirm=rule.confirm.confirm if rule.confirm else None,
        of=selections[rule.state.standing.of] if rule.state and rule.state.standing else None,
    )


def _events(test: TestBlock) -> Iterator[tuple[float, Mapping[str, Any]]]:
    """The events of a test with their offsets; one that stands alone is at 0."""
    if test.event is not None:
        yield 0.0, test.event
    for timed in test.events:
        for number in range(timed.repeat):
            yield float(timed.at + number * timed.every), timed.event
