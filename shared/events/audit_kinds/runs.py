"""What audits state of themselves."""

from __future__ import annotations

RUNS = {
    "unknown": {
        "of": "the kind of the fact that could not be found out",
        "api": "the call that failed, as the permission it needs: ram:GetUserMFAInfo",
        "error": "the error code of the API",
        "message": "what the API said",
    },
    "audit_run": {
        "collector": "its name",
        "complete": "whether everything that it looks at could be seen",
        "stated": "how many facts it stated",
        "unknown": "how many it could not find out",
        "missing": "the calls that failed, each with its error",
    },
}
