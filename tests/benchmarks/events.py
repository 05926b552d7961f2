"""A day's ActionTrail traffic, made up: always the same for the same seed.

The shapes are those of "Management event structure" (https://help.aliyun.com/document_detail/28819.html)
and of what trails deliver; calls.yml tells what is called, how often, and by whom.
"""

from __future__ import annotations

import json
import random
import string
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import yaml

ACCOUNT = "1234567890123456"
REGIONS = ("cn-hangzhou", "cn-shanghai", "cn-beijing")
START = datetime(2026, 11, 20, tzinfo=timezone.utc)
MIX = {"reads": 0.9, "writes": 0.075, "failed": 0.015, "security": 0.01}
"""The kinds of events and their shares; all but the last are nothing to alert on as such.

One call in a hundred is of interest here: far more than a quiet account sees, so that there is work to do."""

Table = Mapping[str, Any]


class Made(NamedTuple):
    """An event, and which kind of the mix it was made as."""

    kind: str
    event: dict[str, Any]


@lru_cache(maxsize=1)
def tables() -> dict[str, Any]:
    """calls.yml."""
    text = (Path(__file__).parent / "calls.yml").read_text(encoding="utf-8")
    return dict(yaml.safe_load(text))


def raw_events(count: int, seed: int = 7) -> list[bytes]:
    """`count` events as the JSON text that a trail delivers."""
    return [as_json(made.event).encode() for made in generate(count, seed)]


def generate(count: int, seed: int = 7) -> Iterator[Made]:
    """`count` events in the order of their times, half a second apart."""
    source = random.Random(seed)
    for number in range(count):
        kind = source.choices(list(MIX), list(MIX.values()))[0]
        time = START + timedelta(seconds=number // 2)
        yield Made(kind, _ordinary(kind, time, source))


def make_event(call: Table, caller: Table, time: datetime, source: random.Random) -> dict[str, Any]:
    """One call by one caller as its event; `call` and `caller` are rows of calls.yml."""
    names = _names(call, time, source)
    version, host = tables()["products"][call["service"]]
    event: dict[str, Any] = {
        "acsRegion": names["region"],
        "additionalEventData": {"CallerBid": "26842"},
        "apiVersion": version,
        "eventCategory": "Management",
        "eventId": names["id"],
        "eventName": call["name"],
        "eventRW": "Read" if is_read(call["name"]) else "Write",
        "eventSource": filled(host, names),
        "eventTime": names["time"],
        "eventType": "ApiCall",
        "eventVersion": "1",
        "requestId": names["id"],
        "serviceName": call["service"],
        "sourceIpAddress": caller["address"],
        "userAgent": caller["agent"],
        "userIdentity": _identity(caller, names["time"]),
    }
    event |= _sign_in(call) if "sign_in" in call else _request(call, caller, names)
    if "error" in call:
        event |= dict(zip(("errorCode", "errorMessage"), filled(call["error"], names), strict=True))
    return dict(sorted(event.items()))


def as_json(value: Any) -> str:
    """JSON without spaces, as Log Service stores it."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def is_read(name: str) -> bool:
    """Whether ActionTrail would say `eventRW: Read`."""
    return name.startswith(("Describe", "Get", "List", "Lookup", "Query", "Assume", "Generate"))


def filled(value: Any, names: Mapping[str, str]) -> Any:
    """`value` with its $words filled in, however deep they are."""
    if isinstance(value, str):
        return string.Template(value).safe_substitute(names)
    if isinstance(value, Mapping):
        return {key: filled(inner, names) for key, inner in value.items()}
    if isinstance(value, list):
        return [filled(inner, names) for inner in value]
    return value


def pick(rows: Sequence[Table], source: random.Random) -> Table:
    """One of the rows, by their weights."""
    return source.choices(rows, [row["weight"] for row in rows])[0]


def _ordinary(kind: str, time: datetime, source: random.Random) -> dict[str, Any]:
    call = dict(pick(tables()["reads" if kind == "failed" else kind], source))
    if kind == "failed":
        call["error"] = source.choice(tables()["errors"])
    return make_event(call, _caller_of(call, kind, source), time, source)


def _caller_of(call: Table, kind: str, source: random.Random) -> Table:
    """People sign in; calls of interest are made by people and keys; anybody does the rest."""
    wanted = {call["sign_in"]} if "sign_in" in call else {"ram-user", "assumed-role"}
    everybody = tables()["callers"]
    if kind == "reads":
        return pick(everybody, source)
    people = [c for c in everybody if c["type"] in wanted and not ("sign_in" in call and "key" in c)]
    return pick(people, source)


def _request(call: Table, caller: Table, names: Mapping[str, str]) -> dict[str, Any]:
    """What was asked, and what came back; calls by API tell the parameters twice, as text too."""
    parameters = filled(call["parameters"], names) | {"AcsProduct": call["service"]}
    request: dict[str, Any] = {"requestParameters": parameters}
    if "console" in caller["agent"].lower():
        parameters |= {"AcceptLanguage": "zh-CN", "HostId": filled(names["host"], names)}
        request |= {"eventType": "ConsoleOperation", "apiVersion": "*"}
    else:
        if caller["type"] == "assumed-role":
            parameters["stsTokenPrincipalName"] = caller["name"].replace(":", "/")
        request["requestParameterJson"] = as_json(parameters)
    if caller["type"] == "system":
        request["recipientAccountId"] = ACCOUNT
    if "resources" in call:
        request["referencedResources"] = filled(call["resources"], names)
    if call.get("response"):
        request["responseElements"] = {"RequestId": names["id"]}
    return request


def _sign_in(call: Table) -> dict[str, Any]:
    """Sign-ins have a shape of their own; root and RAM users spell MFA differently."""
    root = call["sign_in"] == "root-account"
    return {
        "eventType": "ConsoleSignin",
        "additionalEventData": {
            "callbackUrl": "https://homenew.console.aliyun.com/home/dashboard/ProductAndService",
            "isMFAChecked" if root else "mfaChecked": call["mfa"],
        },
        "userAgent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)"
        " Chrome/130.0.0.0 Safari/537.36",
        "isGlobal": True,
        "errorCode": "",
        "errorMessage": "",
    }


def _identity(caller: Table, time: str) -> dict[str, Any]:
    if caller["type"] == "system":
        return {"type": "system", "userName": caller["name"]}
    identity = {
        "accountId": ACCOUNT,
        "principalId": _principal(caller),
        "sessionContext": {
            "attributes": {"creationDate": time, "mfaAuthenticated": caller.get("mfa", "false")}
        },
        "type": caller["type"],
        "userName": caller["name"],
    }
    if caller["type"] == "assumed-role":
        identity["accessKeyId"] = "STS.NUacme" + "".join(filter(str.isalpha, caller["name"]))[:12]
    elif "key" in caller:
        identity["accessKeyId"] = caller["key"]
    return identity


def _principal(caller: Table) -> str:
    if caller["type"] == "root-account":
        return ACCOUNT
    number = "2" + str(sum(ord(letter) ** 5 for letter in caller["name"])).zfill(17)[:17]
    _, colon, session = caller["name"].partition(":")
    return number + colon + session


def _names(call: Table, time: datetime, source: random.Random) -> dict[str, str]:
    """What the $words of calls.yml stand for in this event."""
    region = call.get("region") or source.choice(REGIONS)
    token = _letters(source, 17)
    return {
        "account": ACCOUNT,
        "service": call["service"].lower(),
        "name": call["name"],
        "host": tables()["products"][call["service"]][1],
        "region": region,
        "time": f"{time:%Y-%m-%dT%H:%M:%SZ}",
        "start": f"{time - timedelta(minutes=5):%Y-%m-%dT%H:%M:%SZ}",
        "id": _uuid(source),
        "token": token,
        "number": str(source.randrange(1000, 10_000)),
        "user": source.choice(("li.wei", "chen.jing", "wang.fang", "zhao.min", "batch-export")),
        "bucket": source.choice(("acme-images", "acme-invoices", "acme-logs", "acme-static")),
        "project": source.choice(("acme-prod-logs", "acme-audit")),
        "instance2": f"i-bp1{_letters(source, 17)}",
        **{word: prefix + token for word, prefix in _PREFIXES.items()},
    }


_PREFIXES = {
    "instance": "i-bp1", "vpc": "vpc-bp1", "vswitch": "vsw-bp1", "group": "sg-bp1", "disk": "d-bp1",
    "interface": "eni-bp1", "eip": "eip-bp1", "balancer": "lb-bp1", "database": "rm-bp1", "key": "key-hzz",
    "scaling": "asg-bp1", "cluster": "c", "registry": "cri-",
}  # fmt: skip


def _letters(source: random.Random, count: int) -> str:
    return "".join(source.choices(string.ascii_lowercase + string.digits, k=count))


def _uuid(source: random.Random) -> str:
    digits = f"{source.getrandbits(128):032X}"
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
