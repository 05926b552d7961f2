"""What audits state of ActionTrail's trails."""

from __future__ import annotations

TRAILS = {
    "trail": {
        "home": "the region it was created in",
        "regions": "whose events it delivers: All, or some regions",
        "events": "All, Write or Read",
        "organization": "whether it is that of a resource directory",
        "logging": "whether it is on",
        "bucket": "the bucket it delivers to, empty for none",
        "project": "the project of Log Service it delivers to, empty for none",
        "complete": "whether it is on, for all regions, with all events",
        "last_delivery": "when it last delivered, the slower of its targets counted; empty for never",
        "silent_hours": "hours since then, or since it was switched on; left out where nothing says it",
        "targets_gone": "its targets that ActionTrail calls unavailable: bucket, logstore",
        "error": "what its last failed delivery met with; it may be long ago",
    },
    "trail_coverage": {
        "trails": "how many trails there are",
        "logging": "how many of them are on, so far as known",
        "complete": "the names of those that record everything",
        "covered": "whether some trail records everything",
    },
    "trail_logs": {
        "trail": "the trail that fills the logstore",
        "days": "how long it keeps its logs; 3650 is for ever",
    },
    "trail_bucket": {
        "trails": "the names of the trails that deliver to it",
        "public": "whether anybody may list, read or write it",
        "ways": "which of these",
        "why": "what opens it",
    },
}
