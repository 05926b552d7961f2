"""What a month of Trailguard uses and costs, worked out from volumes by the formulas of deploy/prices.yml.

A formula is data, so that what is shown beside a quantity is what made it.
"""

from __future__ import annotations

import ast
import json
import operator
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import date
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from deploy.bootstrap.logstores import RETENTION
from deploy.s_yaml import render
from deploy.vars import S_YAML, Names
from shared.config import HERE

PRICES = HERE / "deploy" / "prices.yml"
PACK = HERE / "deploy" / "collection" / "osquery" / "trailguard.conf"


class CostError(Exception):
    """prices.yml can't be read, or a formula in it can't be worked out."""


@dataclass(frozen=True)
class Volumes:
    """What comes in a day; `secrets`: how many secrets of KMS are used."""

    events: float = 1_000_000
    hosts: float = 20
    host_lines: float = 5_000_000
    oss_requests: float = 1_000_000
    alerts: float = 100
    secrets: float = 0


class Strict(BaseModel):
    """Unknown keys are mistakes."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Assumption(Strict):
    """A figure that is nobody's measurement, and where it comes from."""

    value: float
    why: str


class Price(Strict):
    """Of one unit; the page that says so, and when it was read."""

    per_unit: float
    source: str
    read: date


class Item(Strict):
    """A line of the bill. `instead`: another way to be billed for what other lines count."""

    item: str
    unit: str
    formula: str
    prices: dict[str, Price] = {}
    instead: bool = False


class Book(Strict):
    """All of prices.yml."""

    assumed: dict[str, Assumption]
    measured: dict[str, float]
    quantities: dict[str, str]
    items: list[Item]


@dataclass(frozen=True)
class Line:
    """An item and how much of it a month uses."""

    item: Item
    quantity: float

    def cost(self, currency: str) -> float | None:
        """In that currency; None where there is no price."""
        price = self.item.prices.get(currency)
        return self.quantity * price.per_unit if price else None


def read(path: Path = PRICES) -> Book:
    """The file. Raises CostError."""
    try:
        return Book.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, yaml.YAMLError, ValidationError) as error:
        raise CostError(f"{path.name}: {error}") from None


def bill(book: Book, volumes: Volumes) -> list[Line]:
    """A month's lines. Raises CostError that names the formula and the name in it that is wrong."""
    known = {**deployed(), **vars(volumes), **book.measured}
    known |= {name: assumption.value for name, assumption in book.assumed.items()}
    for name, formula in book.quantities.items():
        known[name] = worked_out(formula, known)
    return [Line(item, worked_out(item.formula, known)) for item in book.items]


def deployed(s_yaml: Path = S_YAML) -> dict[str, float]:
    """What s.yaml, bootstrap and the collection say themselves. Raises CostError, VarsError."""
    document = render({}, s_yaml)
    base, triggers = document["template"]["base"], list(_triggers(document))
    timers = [(name, 86_400 / _seconds(t["cronExpression"])) for name, t in triggers if "cronExpression" in t]
    jobs = [config["jobConfig"] for _, config in triggers if "jobConfig" in config]
    return {
        "cpu": base["cpu"],
        "memory_gb": base["memorySize"] / 1024,
        "interval": min(job["triggerInterval"] for job in jobs),
        "timers": sum(calls for _, calls in timers),
        "audits": sum(calls for name, calls in timers if name == "account-audit"),
        "retention": RETENTION,
        "logstores": sum(field.name.endswith("_logstore") for field in fields(Names)),
        "snapshots": _snapshots(),
    }


def worked_out(formula: str, known: Mapping[str, float]) -> float:
    """The value of a formula of + - * /, min and max over known names. Raises CostError."""
    try:
        return _value(ast.parse(formula, mode="eval").body, known)
    except (SyntaxError, ZeroDivisionError, CostError) as error:
        raise CostError(f"formula {formula!r}: {error}") from None


_OPERATORS: dict[type, Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
_FUNCTIONS: dict[str, Callable[..., float]] = {"min": min, "max": max}


def _value(node: ast.expr, known: Mapping[str, float]) -> float:
    match node:
        case ast.Constant(value=int() | float() as number):
            return number
        case ast.Name(id=name) if name in known:
            return known[name]
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
            return _OPERATORS[type(op)](_value(left, known), _value(right, known))
        case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]) if name in _FUNCTIONS:
            return _FUNCTIONS[name](*(_value(argument, known) for argument in arguments))
    raise CostError(f"{ast.unparse(node)} is not known")


def _triggers(document: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each trigger's configuration, with the name of its resource."""
    for name, resource in document["resources"].items():
        for trigger in resource["props"]["triggers"]:
            yield name, trigger["triggerConfig"]


def _seconds(cron: str) -> float:
    match = re.fullmatch(r"@every (\d+)m", cron)
    if match is None:
        raise CostError(f"s.yaml: {cron!r} is not understood here; write `@every …m`")
    return int(match[1]) * 60


def _snapshots() -> float:
    """Lines that a host's osquery writes a day whether anything has changed or not."""
    queries = json.loads(PACK.read_text(encoding="utf-8"))["queries"].values()
    return sum(86_400 / float(query["interval"]) for query in queries if query.get("snapshot"))
