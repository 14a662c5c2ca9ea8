"""How the server's log is written: a line of JSON an event. Never the local variables of a fault: they hold codes."""

import contextlib
import re
from collections.abc import MutableMapping
from typing import Any

import structlog

# PostgreSQL tells a broken constraint with the values that broke it: a phone number, an e-mail address.
_DETAIL = re.compile(r"\bDETAIL: .*?(?=\n(?:HINT|CONTEXT):|\n\[SQL|\n\(Background|\n\n|\Z)", re.DOTALL)


class _Line(structlog.PrintLogger):
    """A line that can't be written is lost, and what it tells of goes on: the log's disk may be the full one."""

    def msg(self, message: str) -> None:
        with contextlib.suppress(OSError):
            super().msg(message)

    debug = info = warning = error = exception = critical = msg


def without_details(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Leave out what a database told of the values in a fault."""
    if "exception" in event:
        event["exception"] = _DETAIL.sub("DETAIL: left out", event["exception"])
    return event


def configure() -> None:
    """Plain tracebacks in JSON on standard output; line breaks inside a value can't forge a line."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            without_details,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        logger_factory=lambda *_names: _Line(),
        cache_logger_on_first_use=False,
    )
