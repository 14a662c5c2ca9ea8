"""What stands in the server's log of a fault: where it happened, and no member's data."""

import psycopg
import pytest
import structlog

from panel_app import log

PHONE = "+49 151 12345678"


def fault(postgresql_url: str) -> None:
    """A broken constraint, logged; PostgreSQL tells it with the phone number that broke it."""
    with psycopg.connect(postgresql_url, autocommit=True) as connection:
        connection.execute("CREATE TEMPORARY TABLE phones (phone TEXT UNIQUE)")
        try:
            for _twice in range(2):
                connection.execute("INSERT INTO phones VALUES (%s)", [PHONE])
        except psycopg.errors.UniqueViolation as error:
            structlog.get_logger().error("fault", exc_info=error)


def test_the_values_that_broke_a_constraint_are_left_out(
    postgresql_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    log.configure()
    fault(postgresql_url)
    line = capsys.readouterr().out
    assert 'violates unique constraint \\"phones_phone_key\\"\\nDETAIL: left out' in line
    assert PHONE not in line


def test_control_without_the_processor_they_are_there(
    postgresql_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    log.configure()
    processors = [each for each in structlog.get_config()["processors"] if each is not log.without_details]
    structlog.configure(processors=processors)
    fault(postgresql_url)
    log.configure()
    assert PHONE in capsys.readouterr().out
