"""The dead man's switch: called while all is well, checked as a webhook's address is."""

from __future__ import annotations

from pathlib import Path

import pytest
import trustme

from shared.health.switch import SwitchError, call
from tests.receivers.server import Answer, Receiver, Request
from tests.receivers.smtp import cafile

LOOPBACK = ("127.0.0.0/8",)


class Keeper(Receiver):
    """Whoever keeps the switch: says yes."""

    def usual(self, request: Request) -> Answer:
        return Answer(200, b"OK")


def test_it_is_called_once_with_its_whole_path(tmp_path: Path) -> None:
    ca = trustme.CA()
    with Keeper(ca) as keeper:
        call(f"{keeper.url}/ping/a-secret?x=1", allow_private=LOOPBACK, cafile=cafile(ca, tmp_path))
    assert [request.path for request in keeper.requests] == ["/ping/a-secret?x=1"]


@pytest.mark.parametrize("status", [302, 404, 500])
def test_any_other_answer_is_no_yes_and_a_redirect_is_not_followed(status: int) -> None:
    with Keeper() as keeper:
        keeper.script(Answer(status, headers={"Location": f"{keeper.url}/elsewhere"}), 1)
        with pytest.raises(SwitchError, match=f"answered HTTP {status}"):
            call(f"{keeper.url}/ping", allow_private=LOOPBACK)
    assert len(keeper.requests) == 1


def test_an_address_inside_is_never_called_and_never_told() -> None:
    with Keeper() as keeper, pytest.raises(SwitchError) as error:
        call(f"{keeper.url}/a-secret")
    assert keeper.requests == []
    assert "a-secret" not in str(error.value)


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("https://100.100.100.200/latest/meta-data", "which no webhook may reach"),
        ("ftp://example.com", "must begin with https://"),
        ("not an address", "must begin with https://"),
    ],
)
def test_an_address_that_can_be_no_switch_is_refused(url: str, says: str) -> None:
    with pytest.raises(SwitchError, match=says):
        call(url)


def test_a_keeper_that_is_gone_is_an_error_without_the_secret() -> None:
    with Keeper() as keeper:
        url = f"{keeper.url}/a-secret"
    with pytest.raises(SwitchError) as error:
        call(url, allow_private=LOOPBACK)
    assert "a-secret" not in str(error.value)
