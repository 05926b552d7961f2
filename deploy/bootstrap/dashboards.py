"""Dashboards and saved searches: the files of deploy/dashboards/, as Log Service takes them.

A chart is a title, a type, a query, and the columns of its result that it draws. Charts are laid out two in a
row. "CreateDashboard": https://www.alibabacloud.com/help/en/sls/developer-reference/api-sls-2020-12-30-createdashboard
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from deploy.bootstrap.documents import ProjectDocument
from deploy.bootstrap.plan import Resource
from deploy.vars import Names
from shared.config import HERE

FOLDER = HERE / "deploy" / "dashboards"
SEARCHES = "searches.yml"
WIDTH, HEIGHT, IN_A_ROW = 5, 6, 2  # a dashboard is ten units wide


class Dashboard(ProjectDocument):
    """One page of charts."""

    kind = "dashboard"
    noun = "dashboard"
    key = "dashboardName"


class SavedSearch(ProjectDocument):
    """One query with a name."""

    kind = "saved search"
    noun = "savedsearch"
    key = "savedsearchName"


def shown(names: Names, folder: Path = FOLDER) -> Iterator[Resource]:
    """Every dashboard and every saved search. A file is named after its dashboard."""
    for path in sorted(folder.glob("*.yml")):
        if path.name != SEARCHES:
            yield Dashboard(names.project, dashboard(path.stem, _read(path), names))
    for name, search in _read(folder / SEARCHES).items():
        yield SavedSearch(names.project, saved_search(name, search, names))


def dashboard(name: str, page: Mapping[str, Any], names: Names) -> dict[str, Any]:
    """The body of CreateDashboard."""
    charts = [_chart(number, chart, page, names) for number, chart in enumerate(page["charts"])]
    return {
        "dashboardName": f"trailguard-{name}",
        "displayName": page["title"],
        "description": page["description"],
        "attribute": {"type": "grid"},
        "charts": charts,
    }


def saved_search(name: str, search: Mapping[str, Any], names: Names) -> dict[str, Any]:
    """The body of CreateSavedSearch."""
    return {
        "savedsearchName": f"trailguard-{name}",
        "displayName": search["title"],
        "logstore": _logstore(search["logstore"], names),
        "topic": "",
        "searchQuery": search["query"].strip(),
    }


def _chart(number: int, chart: Mapping[str, Any], page: Mapping[str, Any], names: Names) -> dict[str, Any]:
    row, column = divmod(number, IN_A_ROW)
    return {
        "title": f"chart-{number + 1}",
        "type": chart["type"],
        "search": {
            "logstore": _logstore(page["logstore"], names),
            "topic": "",
            "query": " ".join(chart["query"].split()),
            "start": f"-{page['seconds']}s",
            "end": "now",
        },
        "display": {
            "displayName": chart["title"],
            "xAxis": chart.get("x", []),
            "yAxis": chart.get("y", []),
            "xPos": column * WIDTH,
            "yPos": row * HEIGHT,
            "width": WIDTH,
            "height": HEIGHT,
        },
        "action": {},
    }


def _logstore(name: str, names: Names) -> str:
    """The logstore that a file calls `alerts` or `functions`, by its name in s.yaml."""
    return str(getattr(names, f"{name}_logstore"))


def _read(path: Path) -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return document
