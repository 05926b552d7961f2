"""An operator's own text for a kind of channel: `alerts/templates/<kind>.j2`, Jinja in a sandbox. Optional.

A template sees `notice`, `alert` and `message`, as plain data. Every value it prints is made safe for the
channel's markup; the markup is its own. One that fails, or grows too long, holds nothing back: the usual
message goes out.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from shared.alerting.channels.channel import Compose
from shared.alerting.message import Message
from shared.alerting.neutralise import capped
from shared.alerting.notice import Notice
from shared.spelling import nearest

if TYPE_CHECKING:
    from jinja2.nodes import Node
    from jinja2.sandbox import ImmutableSandboxedEnvironment

log = logging.getLogger(__name__)

MAX_SOURCE = 10_000  # characters
MAX_RESULT = 12_000
MAX_VALUE = 1_000
MAX_DEPTH = 2  # loops in loops
# All that a template may be made of: it prints, chooses and loops, in bounded time and size.
_NODES = frozenset(
    "Template Output TemplateData Name Const Getattr Getitem If For CondExpr Compare Operand And Or Not Test "
    "Filter Keyword".split()
)
_FILTERS = frozenset("default first join last length lower trim truncate upper".split())


class TemplateError(ValueError):
    """A template that can't be used. Its text quotes no value."""


def problems_of(templates: Mapping[str, str], kinds: Sequence[str]) -> list[str]:
    """What is wrong with templates, before anything is told by them; `kinds` are those of channels."""
    problems = []
    for name, source in templates.items():
        if name not in kinds:
            problems.append(f"templates/{name}.j2: no channel '{name}'{nearest(name, list(kinds))}")
            continue
        try:
            renderer(source, str)
        except TemplateError as error:
            problems.append(f"templates/{name}.j2: {error}")
    return problems


def templated(compose: Compose, source: str, neutralise: Callable[[str], str], name: str) -> Compose:
    """`compose`, with the template's text as the message's body. A template tells of an alert: digests,
    drills and who has acknowledged stay in our own words."""
    render = _guarded(source, neutralise, name)

    def composed(notice: Notice) -> Message:
        message = compose(notice)
        is_ours = notice.kind in ("digest", "note") or notice.alert.mode == "drill"
        return message if is_ours else replace(message, body=render(notice, message))

    return composed


def _guarded(source: str, neutralise: Callable[[str], str], name: str) -> Callable[[Notice, Message], str]:
    """What renders, and gives nothing where it fails."""
    try:
        render = renderer(source, neutralise)
    except TemplateError as error:
        log.error("templates/%s.j2 is not used: %s", name, error)
        return lambda notice, message: ""

    def rendered(notice: Notice, message: Message) -> str:
        try:
            return render(notice, message)
        except TemplateError as error:
            log.error("templates/%s.j2 failed, the usual message goes out: %s", name, error)
            return ""

    return rendered


def renderer(source: str, neutralise: Callable[[str], str]) -> Callable[[Notice, Message], str]:
    """The template, compiled. Raises TemplateError, and so does what it returns."""
    if len(source) > MAX_SOURCE:
        raise TemplateError(f"it is longer than {MAX_SOURCE} characters")
    try:
        from jinja2 import TemplateError as JinjaError
    except ImportError:
        raise TemplateError("Jinja is not installed: pip install 'trailguard[templates]'") from None
    environment = _environment(neutralise)
    try:
        _check(environment.parse(source))
        template = environment.from_string(source)
    except JinjaError as error:
        raise TemplateError(f"line {getattr(error, 'lineno', '?')}: {error}") from None

    def render(notice: Notice, message: Message) -> str:
        parts, size = [], 0
        try:
            for part in template.generate(**_values(notice, message)):
                parts.append(part)
                size += len(part)
                if size > MAX_RESULT:
                    raise TemplateError(f"it grows longer than {MAX_RESULT} characters")
        except (JinjaError, ArithmeticError, AttributeError, LookupError, TypeError) as error:
            raise TemplateError(f"{type(error).__name__}: {capped(str(error), 200)}") from None
        return "".join(parts).strip()

    return render


def _environment(neutralise: Callable[[str], str]) -> ImmutableSandboxedEnvironment:
    from jinja2 import StrictUndefined, Undefined
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    def finalize(value: Any) -> Any:
        """What `{{ }}` prints; an undefined value goes on, to be complained about."""
        return value if isinstance(value, Undefined) else neutralise(capped(str(value), MAX_VALUE))

    environment = ImmutableSandboxedEnvironment(undefined=StrictUndefined, finalize=finalize)
    environment.globals.clear()
    return environment


def _check(node: Node, depth: int = 0) -> None:
    """Raises TemplateError for a construct that a template may not have."""
    kind = type(node).__name__
    if kind not in _NODES or (kind == "Filter" and getattr(node, "name", "") not in _FILTERS):
        raise TemplateError(f"line {node.lineno}: {getattr(node, 'name', '') or kind} is not allowed here")
    depth += kind == "For"
    if depth > MAX_DEPTH:
        raise TemplateError(f"line {node.lineno}: more than {MAX_DEPTH} loops in each other")
    for child in node.iter_child_nodes():
        _check(child, depth)


def _values(notice: Notice, message: Message) -> dict[str, Any]:
    """Plain data: nothing in it has a method worth calling."""
    told = {fact.key: {"label": fact.label, "lines": list(fact.lines)} for fact in message.facts}
    return {
        "notice": notice.to_dict(),
        "alert": notice.alert.to_dict(),
        "message": {"title": message.title, "level": message.level, "facts": told},
    }
