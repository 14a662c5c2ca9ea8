"""How the server's log is written: a line of JSON an event. Never the local variables of a fault: they hold codes."""

import structlog


def configure() -> None:
    """Plain tracebacks in JSON on standard output; line breaks inside a value can't forge a line."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        cache_logger_on_first_use=False,
    )
