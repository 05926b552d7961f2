"""The source `accounts`: users, groups, members and passwords as the shadow tools change them.

From the formats in shadow's sources (https://github.com/shadow-maint/shadow, src/useradd.c, usermod.c, …,
gpasswd.c). One change is often logged on several lines, one for each file that holds it: the line about the
group itself has the action, those about /etc/gshadow and the like are `detail`.
"""

from __future__ import annotations

from collections.abc import Callable

from shared.events.host_event import Facts, syslog_source
from shared.events.pam import FIELDS as PAM_FIELDS
from shared.events.pam import pam_facts

PROGRAMS = frozenset(
    "useradd usermod userdel groupadd groupmod groupdel groupmems gpasswd adduser addgroup deluser delgroup"
    " newusers passwd chpasswd chgpasswd chage chfn chsh vipw vigr unix_chkpwd".split()
)

OWN_FIELDS = (
    "new_name group uid gid home shell members attribute old_value new_value from password_state reason "
) + PAM_FIELDS

Reader = Callable[[str], "Facts | None"]


def parse(program: str, message: str) -> Facts:
    """The facts of one message of these tools."""
    if message[:4] == "pam_" and "): " in message[:80]:
        return pam_facts(message)
    for opening, reader in _READERS:
        if message.startswith(opening):
            facts = reader(message)
            if facts:
                return facts
    return _by_ending(message) or {"action": "other"}


def _new_user(text: str) -> Facts:
    return {"action": "user_added", **_pairs(text, "user")}


def _new_group(text: str) -> Facts:
    return {"action": "group_added", **_pairs(text, "group")}


def _pairs(text: str, what: str) -> Facts:
    """`new user: name=eve, UID=1004, GID=1005, home=/home/eve, …`; `from` is the terminal it was done on."""
    facts: Facts = {}
    for pair in text.partition(": ")[2].split(", "):
        key, sign, value = pair.partition("=")
        if sign and key.lower() in _PAIRS:
            facts[what if key == "name" else key.lower()] = value
    return facts


_PAIRS = frozenset("name uid gid home shell from".split())


def _add(text: str) -> Facts | None:
    return _member(text, "add ", " to ", "member_added")


def _delete(text: str) -> Facts | None:
    if text.startswith("delete user "):
        return {"action": "user_removed", "user": _name(text[12:])}
    return _member(text, "delete ", " from ", "member_removed")


def _member(text: str, opening: str, joint: str, action: str) -> Facts | None:
    """`add 'alice' to group 'sudo'`, and the same `to shadow group 'sudo'`."""
    user, sign, group = text[len(opening) :].partition(joint)
    kind, _, name = group.partition("group ")
    if not sign or kind not in ("", "shadow "):
        return None
    return {"action": "detail" if kind else action, "user": _name(user), "group": _name(name)}


def _by_root(text: str) -> Facts | None:
    """gpasswd's `user bob added by root to group adm`."""
    for joint, end, action in _GPASSWD:
        user, sign, rest = text[5:].partition(joint)
        by_user, to, group = rest.partition(end)
        if sign and to:
            return {"action": action, "user": _name(user), "by_user": by_user, "group": _name(group)}
    return None


_GPASSWD = (
    (" added by ", " to group ", "member_added"),
    (" removed by ", " from group ", "member_removed"),
)


def _members(text: str) -> Facts | None:
    """`members of group users set by root to dave,eve`; `administrators of group …` likewise."""
    what, _, rest = text.partition(" of group ")
    group, _, rest = rest.partition(" set by ")
    by_user, _, names = rest.partition(" to ")
    action = "members_set" if what == "members" else "group_administrators_set"
    members = [name for name in names.split(",") if name]
    return {"action": action, "group": group, "by_user": by_user, "members": members}


def _change(text: str) -> Facts | None:
    """usermod's `change user name 'carol' to 'carol2'`, `change user 'bob' GID from '1002' to '1000'`, …"""
    if text.startswith("change user name "):
        old, _, new = text[17:].partition(" to ")
        return {"action": "user_renamed", "user": _name(old), "new_name": _name(new)}
    if not text.startswith("change user "):
        return {"action": "detail"} if text.startswith(("change '", "change admin ")) else None
    user, _, rest = text[12:].partition("' ")
    attribute, sign, values = rest.partition(" from ")
    if attribute == "password":
        return {"action": "password_changed", "user": _name(user)}
    old, _, new = values.partition(" to ")
    facts: Facts = {"action": "user_changed", "user": _name(user), "attribute": attribute.lower()}
    return {**facts, "old_value": _name(old), "new_value": _name(new)} if sign else facts


def _lock(text: str) -> Facts:
    """`lock user 'bob' password`, `unlock user 'bob' password`."""
    word, _, rest = text.partition(" user ")
    return {
        "action": "password_changed",
        "password_state": word + "ed",
        "user": _name(rest.partition("' ")[0]),
    }


def _changed(text: str) -> Facts:
    """`changed user 'dave' shell to …` of chsh (and chfn), `changed password expiry for dave` of chage."""
    if text.startswith("changed password expiry for "):
        return {"action": "user_changed", "attribute": "expiry", "user": _name(text[28:])}
    user, _, rest = text.removeprefix("changed user ").partition("' ")
    attribute, sign, value = rest.partition(" to ")
    facts: Facts = {"action": "user_changed", "user": _name(user), "attribute": attribute}
    return {**facts, "new_value": _name(value)} if sign else facts


def _group_changed(text: str) -> Facts:
    """`group changed in /etc/group (group tmpg/1003, new name: tmpg2, new gid: 5)`."""
    where, _, rest = text[17:].partition(" (group ")
    first, *changes = rest.removesuffix(")").split(", ")
    facts: Facts = {"action": "group_changed" if where == "/etc/group" else "detail"}
    facts["group"], _, facts["gid"] = first.partition("/")
    for change in changes:
        key, _, value = change.partition(": ")
        facts["new_name" if key == "new name" else "new_value"] = value
    return facts


def _group_removed(text: str) -> Facts | None:
    """`group 'tmpg2' removed`, and ` from /etc/group` and the like of each file."""
    name, sign, where = text[6:].partition(" removed")
    if not sign:
        return None
    return {"action": "detail" if where.strip() else "group_removed", "group": _name(name)}


def _removed_group(text: str) -> Facts:
    """userdel's `removed group 'eve' owned by 'eve'`."""
    group, _, owner = text[14:].partition(" owned by ")
    return {"action": "group_removed", "group": _name(group), "user": _name(owner)}


def _password_of(text: str) -> Facts:
    """passwd's `password for 'bob' changed by 'root'`."""
    user, _, by_user = text[13:].partition(" changed by ")
    return {"action": "password_changed", "user": _name(user), "by_user": _name(by_user)}


def _check_failed(text: str) -> Facts:
    """unix_chkpwd's `password check failed for user (root)`: the daemon that asked tells it too."""
    return {"action": "password_check_failed", "outcome": "failure", "user": text[32:].strip("()")}


def _detail(text: str) -> Facts:
    return {"action": "detail"}


def _failed(text: str) -> Facts:
    return {"action": "failed", "outcome": "failure", "reason": text}


def _by_ending(text: str) -> Facts | None:
    """gpasswd's `password of group adm changed by root`, and others of groups' passwords."""
    if text.startswith(("password of group ", "access to group ")):
        group, _, rest = text.partition(" group ")[2].partition(" ")
        return {"action": "group_password_changed", "group": group, "by_user": rest.rpartition(" by ")[2]}
    return None


def _name(text: str) -> str:
    """A name without the quotes around it: 'x', `x' or "x"."""
    return text.strip("'`\"")


_READERS: tuple[tuple[str, Reader], ...] = (
    ("new user: ", _new_user),
    ("new account added", _detail),
    ("new group: ", _new_group),
    ("add ", _add),
    ("delete ", _delete),
    ("user ", _by_root),
    ("members of group ", _members),
    ("administrators of group ", _members),
    ("change ", _change),
    ("lock user ", _lock),
    ("unlock user ", _lock),
    ("changed ", _changed),
    ("group changed in ", _group_changed),
    ("group added to ", _detail),
    ("group ", _group_removed),
    ("remove group ", lambda text: {"action": "group_removed", "group": _name(text[13:])}),
    ("removed group ", _removed_group),
    ("removed shadow group ", _detail),
    ("password for ", _password_of),
    ("password check failed for user ", _check_failed),
    ("useradd defaults: ", _detail),
    ("failed ", _failed),
    ("can't ", _failed),
    ("cannot ", _failed),
)

ACCOUNTS = syslog_source("accounts", PROGRAMS, parse, OWN_FIELDS)
