"""What audits state of Security Center, which has two homes: China, and outside China."""

from __future__ import annotations

SAS = {
    "security_center": {
        "edition": "free, pay-as-you-go, anti-virus, advanced, enterprise, ultimate, multi, value-added",
        "expires": "when the paid edition ends, as YYYY-MM-DD; empty where there is none",
        "servers": "how many it knows",
        "offline": "servers whose agent does not report",
        "unprotected": "servers that are not protected",
        "stopped": "servers that are shut down",
    },
    "security_center_alerts": {
        "unhandled": "how many alerts nobody has handled yet",
        "serious": "how many of them are of the highest level",
    },
}
