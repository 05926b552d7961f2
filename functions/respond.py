"""Answers to the links in messages: a page that acknowledges or silences an incident. Called over HTTP.

It needs a custom domain: on its own one (`….fcapp.run`) Function Compute adds a header, `Content-Disposition:
attachment`, and a browser saves the page instead of showing it ("Configure custom domain names",
help.aliyun.com). Without TRAILGUARD_PUBLIC_URL messages have no such links, and `trailguard ack` and
`trailguard silence` do the same.
"""

from __future__ import annotations

from typing import Any

from shared import respond


def handler(event: bytes, context: Any) -> dict[str, Any]:
    """Function Compute's entry point; returns the HTTP answer."""
    return respond.respond(event, context)
