"""A page for every monitored item, and on each what a woken person asks, in that order."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from shared.alerting.troubles import TITLES
from shared.config import HERE, load_alerts

PAGES = sorted((HERE / "alerts" / "runbooks").glob("*.md"))
SECTIONS = ["Is it real?", "Contain", "Investigate", "Recover", "Tune"]
QUERY = re.compile(r'\b(event\.[\w.]+|content|functionName|__topic__|access_id|source): ?\S|" and \(')
TOOLS = "aliyun|trailguard|kubectl|ss|ps|getent|find|stat|apt-cache|ssh-keygen"
COMMAND = re.compile(rf"(?:^ {{4,}}|`)({TOOLS}) ", re.MULTILINE)


def section(page: Path, name: str) -> str:
    text = page.read_text()
    return text.split(f"## {name}\n", 1)[1].split("\n## ", 1)[0]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_answers_the_five_questions_in_order(page: Path) -> None:
    assert re.findall(r"^## (.*)$", page.read_text(), re.MULTILINE) == SECTIONS
    assert all(section(page, name).strip() for name in SECTIONS)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_to_investigate_it_has_a_query_and_a_command(page: Path) -> None:
    told = section(page, "Investigate")
    assert QUERY.search(told), "an SLS query"
    assert COMMAND.search(told), "a command"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_its_links_to_other_pages_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([\w-]+\.md)[#)]", page.read_text()):
        assert (page.parent / target).exists()


def test_every_page_is_somebodys_and_every_alert_has_one() -> None:
    used = {rule.runbook.split("#")[0] for rule in load_alerts().shipped}
    own = {f"runbooks/{name}.md" for name in (*TITLES, "standing-findings")}
    pages = {f"runbooks/{page.name}" for page in PAGES}
    assert used | own == pages
