"""How the server's log is written: a line of JSON an event. Never the local variables of a fault: they hold codes."""

import contextlib

import structlog


class _Line(structlog.PrintLogger):
    """A line that can't be written is lost, and what it tells of goes on: the log's disk may be the full one."""

    def msg(self, message: str) -> None:
        with contextlib.suppress(OSError):
            super().msg(message)

    debug = info = warning = error = exception = critical = msg


def configure() -> None:
    """Plain tracebacks in JSON on standard output; line breaks inside a value can't forge a line."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        logger_factory=lambda *_names: _Line(),
        cache_logger_on_first_use=False,
    )
