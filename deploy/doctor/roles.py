"""The functions' roles: do they have every permission that the code needs?"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from deploy.bootstrap import policies
from deploy.bootstrap.plan import Found
from deploy.bootstrap.roles import Policy, Role
from deploy.doctor.account import KEYS
from deploy.doctor.deployment import Deployment, seen
from shared.health.check import Check, Verdict, broken, ok

Both = tuple[Found | None, Found | None]

MEND = "`trailguard bootstrap`"


def roles(deployment: Deployment) -> Iterator[Check[Both]]:
    """Each role with its policy, as bootstrap makes them."""
    for name, part in policies.PARTS.items():
        policy = Policy(name, policies.document(name, deployment.names))
        role = Role(name, part.service, name, part.purpose)
        yield Check(
            f"role {name}", partial(_found, deployment, policy, role), partial(judge, policy, role), (KEYS,)
        )


def judge(policy: Policy, role: Role, found: Both) -> Verdict:
    """Broken where something is missing, which is named. What is granted beyond that blinds nobody."""
    of_policy, of_role = found
    if of_role is None:
        return broken("there is no such role", MEND)
    if of_policy is None:
        return broken(f"there is no policy {policy.name}", MEND)
    grants = list(policy.differences(of_policy))
    missing = [grant.removeprefix("+ ") for grant in grants if grant.startswith("+ ")]
    denied = [grant.removeprefix("- ") for grant in grants if grant.startswith("- deny ")]
    wrong = [f"may not {each}" for each in missing] + denied
    wrong += [each for each in role.differences(of_role) if not each.endswith("→ detached")]
    if wrong:
        return broken("; ".join(wrong), MEND)
    more = len(grants) + sum(each.endswith("→ detached") for each in role.differences(of_role))
    return ok(f"may all that it needs, and {more} more: `trailguard bootstrap --dry-run`" if more else "")


def _found(deployment: Deployment, policy: Policy, role: Role) -> Both:
    cloud = deployment.cloud
    return seen(lambda: policy.find(cloud)), seen(lambda: role.find(cloud))
