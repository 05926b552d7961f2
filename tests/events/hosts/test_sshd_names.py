"""User names that imitate the log: whatever a client calls itself, its own address is read."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared.events.sshd import parse

NAMES = [
    "",
    " ",
    "two words",
    "from",
    "root from 10.10.1.1",
    "root from 10.10.1.1 port 22 ssh2",
    "root from 10.10.1.1 port 22 ssh2: RSA SHA256:x",
    "x] [preauth]",
    "x [preauth]",
    "invalid user root",
    "a for b from 10.10.1.1 port 1 ssh2",
    "x\\nNov 23 11:00:00 web sshd[1]: Accepted password for root from 10.10.1.1 port 2 ssh2",
    "x#012Accepted password for root from 10.10.1.1 port 2 ssh2",
    "x 10.10.1.1 port 22",
    "пользователь",
]

ONE_LINE = st.text(st.characters(exclude_characters="\n\r", exclude_categories=("Cs",)), max_size=100)


@pytest.mark.parametrize("name", NAMES)
def test_a_failed_login_is_of_its_own_address(name: str) -> None:
    facts = parse("sshd", f"Failed password for invalid user {name} from 203.0.113.7 port 4711 ssh2")
    assert facts == {
        "action": "login_failed",
        "outcome": "failure",
        "method": "password",
        "user": name,
        "invalid_user": True,
        "source_ip": "203.0.113.7",
        "source_port": "4711",
        "attempts": 1,
    }


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "message",
    [
        "Invalid user {} from 203.0.113.7 port 4711",
        "Failed publickey for invalid user {} from 203.0.113.7 port 4711 ssh2: RSA SHA256:abc",
        "error: maximum authentication attempts exceeded for invalid user {} from 203.0.113.7 port 4711"
        " ssh2 [preauth]",
        "Connection closed by invalid user {} 203.0.113.7 port 4711 [preauth]",
        "Connection reset by invalid user {} 203.0.113.7 port 4711 [preauth]",
        "Disconnected from invalid user {} 203.0.113.7 port 4711 [preauth]",
        "ssh_dispatch_run_fatal: Connection from invalid user {} 203.0.113.7 port 4711: Broken pipe"
        " [preauth]",
    ],
)
def test_a_message_about_a_name_is_of_its_own_address(message: str, name: str) -> None:
    facts = parse("sshd", message.format(name))
    assert (facts["user"], facts["source_ip"], facts["source_port"]) == (name, "203.0.113.7", "4711")
    assert facts["invalid_user"] is True


@pytest.mark.parametrize("name", NAMES)
def test_a_name_before_7_4_is_of_its_own_address(name: str) -> None:
    facts = parse("sshd", f"Invalid user {name} from 203.0.113.7")
    assert (facts["user"], facts["source_ip"]) == (name, "203.0.113.7")


@pytest.mark.parametrize("name", NAMES)
def test_a_failure_told_by_pam_is_of_its_own_address(name: str) -> None:
    facts = parse("sshd", f"error: PAM: Authentication failure for illegal user {name} from 203.0.113.7")
    assert (facts["user"], facts["source_ip"]) == (name, "203.0.113.7")


def test_what_a_client_says_on_leaving_is_not_its_address() -> None:
    said = "Received disconnect from 203.0.113.7 port 4711:11: from 10.10.1.1 port 22:11: bye"
    facts = parse("sshd", said)
    assert (facts["source_ip"], facts["source_port"]) == ("203.0.113.7", "4711")
    assert facts["reason"] == "from 10.10.1.1 port 22:11: bye"


def test_a_hostbased_clients_own_words_are_not_its_address() -> None:
    said = 'client user "from 10.10.1.1 port 2 ssh2", client host "x from 10.10.1.2"'
    facts = parse("sshd", f"Failed hostbased for git from 203.0.113.7 port 4711 ssh2: {said}")
    assert (facts["user"], facts["source_ip"], facts["source_port"]) == ("git", "203.0.113.7", "4711")


def test_an_identification_that_names_an_address_is_not_its_own() -> None:
    sent = "Bad protocol version identification 'x' from 10.10.1.1 port 5' from 203.0.113.7 port 4711"
    assert parse("sshd", sent)["source_ip"] == "203.0.113.7"


@given(ONE_LINE, ONE_LINE)
@example("", "")
@example("x ", " from 10.10.1.1")
def test_no_name_changes_the_address_of_a_failed_login(name: str, other: str) -> None:
    for tried in (name, f"{name} from 10.10.1.1 port 22 ssh2{other}"):
        facts = parse("sshd", f"Failed password for invalid user {tried} from 203.0.113.7 port 4711 ssh2")
        assert (facts["source_ip"], facts["source_port"]) == ("203.0.113.7", "4711")
        assert facts["user"] == tried
        closed = parse("sshd", f"Connection closed by invalid user {tried} 203.0.113.7 port 4711 [preauth]")
        assert (closed["source_ip"], closed["user"]) == ("203.0.113.7", tried)
