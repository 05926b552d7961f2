"""s.yaml as Serverless Devs renders it: variables filled in, templates put into the resources.

A test holds it against what the real command line makes of the file (`s preview`).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from deploy.vars import S_YAML, VarsError, filled


def render(environment: Mapping[str, str], s_yaml: Path = S_YAML) -> dict[str, Any]:
    """The whole file, as `s deploy` would take it with this environment. Raises VarsError."""
    try:
        document = yaml.safe_load(s_yaml.read_text(encoding="utf-8"))
        variables: dict[str, str] = {}
        for name, value in document["vars"].items():
            variables[name] = _filled(value, f"vars.{name}", environment, variables)
        document = _filled({**document, "vars": variables}, s_yaml.name, environment, variables)
        for resource in document["resources"].values():
            resource["props"] = {**document["template"][resource["extend"]["name"]], **resource["props"]}
    except (OSError, yaml.YAMLError, KeyError, TypeError, AttributeError) as error:
        raise VarsError(f"{s_yaml.name} can't be read: {type(error).__name__}: {error}") from None
    return dict(document)


def _filled(value: Any, where: str, environment: Mapping[str, str], variables: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _filled(inner, f"{where}.{key}", environment, variables) for key, inner in value.items()}
    if isinstance(value, list):
        return [_filled(inner, where, environment, variables) for inner in value]
    return filled(value, where, environment, variables) if isinstance(value, str) else value
