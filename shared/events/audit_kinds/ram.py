"""What audits state of RAM: users, keys, groups, roles, policies, and the settings of the account."""

from __future__ import annotations

_HELD = {
    "policies": "the names of all policies that it holds",
    "admin": "whether one of them makes it an administrator: lists/admin_policies.yml, or all on all",
    "admin_by": "the names of those that do",
    "created": "when it was made",
}

RAM = {
    "ram_user": {
        **_HELD,
        "principal": "the name that it signs in with",
        "age_days": "days since it was made",
        "console": "whether it may sign in to the console",
        "mfa": "whether an MFA device is bound, not only asked for",
        "mfa_type": "the device's kind: VMFA, U2F; empty without one",
        "mfa_required": "whether its own settings ask for a device at sign-in",
        "signed_in": "when it last signed in to the console; empty if never",
        "idle_days": "days since then, or since it was made",
        "active_keys": "how many of its AccessKeys are active",
        "groups": "the groups that it is in",
        "direct_policies": "the policies that are attached to itself and not to a group",
        "direct_admin_by": "those of them that make it an administrator",
    },
    "ram_user_list": {"names": "of all users"},
    "ram_access_key": {
        "user": "whose it is",
        "active": "whether it works",
        "created": "when it was made",
        "age_days": "days since then",
        "used": "when it was last used; empty if never",
        "used_for": "the service that it was last used for",
        "idle_days": "days since then, or since it was made",
    },
    "root_mfa": {"bound": "whether the root account has an MFA device"},
    "root_access_keys": {"count": "how many AccessKeys the root account has"},
    "password_policy": {
        "minimum_length": "characters",
        "lowercase": "whether a lower-case letter is demanded",
        "uppercase": "whether an upper-case letter is demanded",
        "numbers": "whether a digit is demanded",
        "symbols": "whether a symbol is demanded",
        "maximum_age": "days that a password lasts; 0: for ever",
        "hard_expire": "whether an old password lets nobody in, not even to change it",
        "reuse_prevention": "how many past passwords may not come again",
        "maximum_attempts": "wrong passwords in an hour until the user is locked out; 0: any number",
    },
    "sign_in_settings": {
        "mfa": "mandatory, adaptive (at unusual sign-ins), or independent (each user's own setting)",
        "remembers_mfa": "whether a device is not asked for again for seven days",
        "session_hours": "how long a session of the console lasts",
        "networks": "the networks that users may sign in from; none: all",
        "users_change_password": "whether users may change their own password",
        "users_manage_keys": "whether users may make AccessKeys for themselves",
        "users_manage_mfa": "whether users may change their own MFA devices",
    },
    "ram_group": {**_HELD, "members": "the users in it"},
    "ram_group_list": {"names": "of all groups"},
    "ram_role": {
        **_HELD,
        "trusted": "who may take it, as the trust policy names them",
        "outside_accounts": "those of them that are other accounts; *: anyone",
        "session_seconds": "how long a session lasts at most",
        "service_linked": "whether a cloud service made it for itself",
    },
    "ram_role_list": {"names": "of all roles, service-linked ones left out"},
    "ram_policy": {
        "grants_everything": "whether it allows every action on every resource",
        "attachments": "how many users, groups and roles hold it",
    },
    "ram_admins": {
        "holders": "every user, group and role that holds an administrator's policy, with its name"
    },
}
