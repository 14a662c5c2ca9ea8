"""Where a staff user may work: the tills open to this browser, and the choice of one. Knows no cookie."""

from dataclasses import dataclass
from uuid import UUID

from ledger import Session
from panel_app.programme import branches, operators
from panel_app.programme.access import Actor, Permission
from panel_app.programme.programme_facts import programme_of
from panel_app.programme.refusals import NotAllowed, TillNotEnrolled
from panel_app.programme.terms import Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """The place in use, and the browser's new token when the choice made it the till's device."""

    place: Place
    token: str | None


def places_open(session: Session, operator_id: UUID, device_token: str | None) -> list[Place]:
    """The tills that this staff user may choose in this browser.

    A till is a browser that was enrolled once: without that, only who may enrol (or anybody in demo mode) chooses.
    """
    allowed = branches.places(session, operators.branches_of(session, operator_id))
    own = None if device_token is None else branches.till_of_device(session, device_token)
    here = [place for place in allowed if place.till_id == own]
    if here and not _may_enrol(session, operator_id, here[0].branch_id):
        return here
    return [
        place
        for place in allowed
        if place.till_id == own or _may_enrol(session, operator_id, place.branch_id)
    ]


def choose(session: Session, actor: Actor, till_id: UUID, device_token: str | None) -> Chosen:
    """Take a till for this browser. Raises NotAllowed or TillNotEnrolled."""
    if actor.operator_id is None:
        raise NotAllowed(permission=Permission.SIGNED_IN.value)
    operator_id = actor.operator_id
    allowed = branches.places(session, operators.branches_of(session, operator_id))
    place = next((place for place in allowed if place.till_id == till_id), None)
    if place is None:
        raise NotAllowed(permission=Permission.REDEEM.value)
    if device_token is not None and branches.till_of_device(session, device_token) == till_id:
        return Chosen(place=place, token=None)
    if not _may_enrol(session, operator_id, place.branch_id):
        raise TillNotEnrolled
    session.rollback()  # what was read above; enrolment is a transaction of its own
    return Chosen(place=place, token=branches.enrol_till(session, actor, till_id))


def _may_enrol(session: Session, operator_id: UUID, branch_id: UUID) -> bool:
    programme = programme_of(session)
    if programme is not None and programme.demo:
        return True
    duty = operators.duty_of(session, operator_id, branch_id)
    return duty is not None and Permission.ENROL_TILL in duty.permissions
