"""The chapters of an audit's report: what a team should have in order, and which items show whether it
has."""

from __future__ import annotations

CHAPTERS: dict[str, tuple[str, ...]] = {
    "Root account and multi-factor authentication": (
        "root-sign-in",
        "root-access-key",
        "mfa",
        "console-sign-in",
    ),
    "AccessKeys": ("access-keys",),
    "Users, groups, roles and their permissions": ("membership",),
    "ActionTrail and logs": ("actiontrail", "log-storage", "unauthorized-calls"),
    "OSS buckets": ("public-buckets", "oss-settings", "oss-access"),
    "Security groups and ports open to the world": ("security-groups", "open-ports"),
    "Network and TLS": ("weak-tls", "certificates", "network"),
    "Instances and bastion hosts": ("instances", "bastion-hosts"),
    "Databases and encryption keys": ("databases", "kms-keys"),
    "Billing": ("billing",),
    "Protection and response": ("security-services",),
}
"""Title, and the monitored items (shared/detection/items.py) whose rules belong to it."""

OTHER = "Other"


def chapter_of(item: str) -> str:
    """The title of the chapter that an item belongs to."""
    return next((title for title, items in CHAPTERS.items() if item in items), OTHER)
