"""The files of deploy/dashboards/: what they ask for can be found, and what they draw is asked for."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime, timezone
from typing import Any

import pytest

from deploy.bootstrap.dashboards import FOLDER, Dashboard, ProjectDocument, shown
from deploy.bootstrap.logstores import Index
from deploy.bootstrap.wanted import wanted
from deploy.vars import read_names
from shared.alerting.sls_outbox import SlsOutbox
from shared.alerting.troubles import alert_of_problem
from shared.cloud.sls import Log
from shared.events.event import Quarantined
from tests.deploy.serverless_devs import render

NAMES = read_names({})
INDEXES = {index.logstore: index.document["keys"] for index in wanted(NAMES) if isinstance(index, Index)}
DOCUMENTS = [document for document in shown(NAMES) if isinstance(document, ProjectDocument)]
CHARTS = [
    pytest.param(chart, id=f"{document.name}: {chart['display']['displayName']}")
    for document in DOCUMENTS
    if isinstance(document, Dashboard)
    for chart in document.document["charts"]
]
every_chart = pytest.mark.parametrize("chart", CHARTS)
QUERIES = [
    (chart.values[0]["search"]["logstore"], chart.values[0]["search"]["query"]) for chart in CHARTS
] + [(d.document["logstore"], d.document["searchQuery"]) for d in DOCUMENTS if not isinstance(d, Dashboard)]

WORDS = set(
    "select from where group by order desc asc limit as and or not count distinct case when then else end max"
    " min round count_if approx_percentile from_unixtime to_unixtime from_iso8601_timestamp date_format"
    " date_trunc true false error warning".split()
)


def asked_for(query: str) -> set[str]:
    """The names in a query that are neither words of SQL, nor texts, nor names that it gives itself."""
    searched, _, sql = query.partition("|")
    fields = set(re.findall(r"(\w+): ", searched))
    plain = re.sub(r"'[^']*'|\"[^\"]*\"", "", sql)
    given = set(re.findall(r"\bAS (\w+)", plain))
    return (
        fields | {name for name in re.findall(r"\b[A-Za-z_]\w*", plain) if name.lower() not in WORDS} - given
    )


@pytest.mark.parametrize(("logstore", "query"), QUERIES)
def test_a_query_asks_for_nothing_that_is_not_indexed(logstore: str, query: str) -> None:
    assert asked_for(query) - {"__topic__", "__time__", "__source__"} <= set(INDEXES[logstore])


@every_chart
def test_a_chart_draws_columns_that_its_query_gives(chart: dict[str, Any]) -> None:
    query, drawn = chart["search"]["query"], {*chart["display"]["xAxis"], *chart["display"]["yAxis"]}
    selected = query.partition("SELECT")[2].partition("GROUP BY")[0]
    assert drawn <= set(re.findall(r"\w+", selected))
    assert (chart["type"] == "table") == (not drawn)


@every_chart
def test_a_chart_counts_no_alert_twice_and_reads_only_what_is_told_or_on_trial(chart: dict[str, Any]) -> None:
    """A batch that is tried again may store an alert twice."""
    query = chart["search"]["query"]
    if chart["search"]["logstore"] == NAMES.alerts_logstore:
        assert query.startswith("__topic__: trailguard_alert and mode: ")
        assert "count(*)" not in query


def test_the_charts_of_a_page_lie_beside_and_below_each_other_and_never_on_one_another() -> None:
    for document in DOCUMENTS:
        if isinstance(document, Dashboard):
            places = [chart["display"] for chart in document.document["charts"]]
            cells = [
                (x, y)
                for place in places
                for x in range(place["xPos"], place["xPos"] + place["width"])
                for y in range(place["yPos"], place["yPos"] + place["height"])
            ]
            assert len(cells) == len(set(cells))
            assert max(x for x, _ in cells) < 10


def test_every_function_that_is_asked_about_is_deployed() -> None:
    asked = {name for _, query in QUERIES for name in re.findall(r"trailguard-[\w-]+", query)}
    deployed = {resource["props"]["functionName"] for resource in render({})["resources"].values()}
    assert asked
    assert asked <= deployed


def test_every_file_is_a_dashboard_with_a_name_of_ours() -> None:
    names = [document.name for document in DOCUMENTS]
    assert len(names) == len(set(names))
    assert all(name.startswith("trailguard-") for name in names)
    pages = {f"trailguard-{path.stem}" for path in FOLDER.glob("*.yml")} - {"trailguard-searches"}
    assert {document.name for document in DOCUMENTS if isinstance(document, Dashboard)} == pages


def test_every_field_of_an_alert_that_people_search_by_is_indexed() -> None:
    fields: set[str] = set()

    def put(topic: str, logs: Iterable[Log]) -> None:
        fields.update(name for _, log in logs for name in log)

    now = datetime.now(timezone.utc)
    SlsOutbox(put, lambda: now).write(
        [alert_of_problem("a problem", now)], [Quarantined("raw", "reason", "origin", now)]
    )
    whole = {"alert", "raw", "part"}  # to be read, not searched
    assert fields - whole == set(INDEXES[NAMES.alerts_logstore])
