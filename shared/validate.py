"""Checking a YAML document against a pydantic model, with messages for people."""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from shared.located import ConfigError, Document, Path, Problem
from shared.spelling import nearest

Model = TypeVar("Model", bound=BaseModel)


class Strict(BaseModel):
    """A part of a file that people edit: a key that it does not know is a mistake.

    Its validator is made when it is first used: a function imports more models than it needs.
    """

    model_config = ConfigDict(extra="forbid", defer_build=True)


def validate(document: Document, model: type[Model], path: Path = ()) -> Model:
    """The part of the document at `path` as a `model`. Raises ConfigError with every mistake located."""
    data = document.data
    for step in path:
        data = data[step]
    if not isinstance(data, dict):
        raise ConfigError([document.problem(path, "expected a map of keys to values")])
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise ConfigError([_problem(document, path, model, detail) for detail in error.errors()]) from None


def _problem(document: Document, path: Path, model: type[BaseModel], detail: Any) -> Problem:
    where: Path = tuple(detail["loc"])
    name = ".".join(map(str, where))
    if detail["type"] == "extra_forbidden":
        text = f"unknown key '{where[-1]}'{nearest(str(where[-1]), _keys(model, where[:-1]))}"
    elif detail["type"] == "missing":
        text = f"'{name}' is missing"
    elif detail["type"] == "literal_error":
        expected = str(detail["ctx"]["expected"])
        text = f"'{name}' can't be '{detail['input']}'; it is one of {expected}"
        text += nearest(
            str(detail["input"]), [word.strip("' ") for word in expected.replace(" or ", ",").split(",")]
        )
    else:
        reason = detail["msg"].removeprefix("Value error, ")
        text = f"'{name}': {reason[:1].lower()}{reason[1:]}"
    return document.problem((*path, *where), text)


def _keys(model: type[BaseModel], where: Path) -> list[str]:
    """The keys that are right at `where` inside `model`."""
    for step in where:
        if isinstance(step, str) and step in model.model_fields:
            inner = _inner_model(model.model_fields[step].annotation)
            if inner is None:
                return []
            model = inner
    return [field.alias or name for name, field in model.model_fields.items()]


def _inner_model(annotation: Any) -> type[BaseModel] | None:
    """The model inside `X`, `list[X]`, `dict[str, X]` or `X | None`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    inner = (_inner_model(part) for part in getattr(annotation, "__args__", ()))
    return next((model for model in inner if model), None)
