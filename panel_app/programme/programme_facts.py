"""Facts of this installation: one programme, its tag, name and zone; the demo mark; the secret's check value."""

import re
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from ledger import Session
from panel_app.programme.models import ProgrammeSetting
from panel_app.programme.refusals import InvalidInput
from panel_app.programme.rules import Rule

_TAG = re.compile(r"[0-9A-HJKMNP-TV-Z]{2}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Programme:
    """`tag` is the two symbols that every code carries; `time_zone` decides the programme's day."""

    name: str
    tag: str
    time_zone: str
    demo: bool


def found(session: Session, programme: Programme) -> None:
    """Write the programme's facts into an empty database, with the check value of the secret in use.

    Raises InvalidInput for a tag that is none.
    """
    if _TAG.fullmatch(programme.tag) is None:
        raise InvalidInput(field="tag", rule=Rule.TAG)
    check_zone(programme.time_zone)
    values = {
        "name": programme.name,
        "tag": programme.tag,
        "time_zone": programme.time_zone,
        "mode": "demo" if programme.demo else "production",
        "key_check": session.keyring.check_value(),
    }
    session.execute(
        sa.insert(ProgrammeSetting), [{"name": name, "value": value} for name, value in values.items()]
    )


def today(session: Session) -> date:
    """The programme's day."""
    programme = programme_of(session)
    zone = ZoneInfo("UTC" if programme is None else programme.time_zone)
    return session.clock.now().astimezone(zone).date()


def check_zone(time_zone: str) -> None:
    """Raise InvalidInput unless it is a zone of the tz database."""
    try:
        ZoneInfo(time_zone)
    except (KeyError, ValueError, OSError):
        raise InvalidInput(field="time_zone", rule=Rule.TIME_ZONE) from None


def programme_of(session: Session) -> Programme | None:
    """The programme of this database; None while it is empty."""
    values = _values(session)
    if not values:
        return None
    return Programme(
        name=values["name"],
        tag=values["tag"],
        time_zone=values["time_zone"],
        demo=values["mode"] == "demo",
    )


def tag_of(session: Session) -> str:
    """The two symbols that this programme's codes carry; a fault in a database that was never founded."""
    tag = _values(session).get("tag")
    if tag is None:
        raise LookupError("this database has no programme yet")
    return tag


def secret_fits(session: Session) -> bool:
    """Whether the secret in use is the one that this database was founded with."""
    values = _values(session)
    return not values or values["key_check"] == session.keyring.check_value()


def _values(session: Session) -> dict[str, str]:
    rows = session.execute(sa.select(ProgrammeSetting.name, ProgrammeSetting.value)).all()
    return {row.name: row.value for row in rows}
