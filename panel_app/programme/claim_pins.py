"""PINs of claims: six digits that open one claim of a member who was identified at the till. Knows no other code.

A PIN alone is worth nothing: it is looked for among the claims of that one member, and wrong ones are counted.
"""

import hmac
import re
import secrets
from uuid import UUID

import sqlalchemy as sa

from ledger import Session
from panel_app.programme import attempts
from panel_app.programme.code_refusals import PinNeeded
from panel_app.programme.models import Claim, Reward
from panel_app.programme.refusals import LockedOut, WrongPin
from panel_app.programme.terms import ClaimStatus, RedemptionType

_PIN = "claim PIN"
_DIGITS = 6
_FORM = re.compile(r"[0-9]{6}", re.ASCII)


def is_pin(text: str) -> bool:
    """Whether a typed text has the form of a PIN; no code of ours has."""
    return _FORM.fullmatch(text.strip()) is not None


def new_cipher(session: Session, reward: Reward, member_id: UUID) -> bytes | None:
    """A new PIN as it is stored, unlike those of the member's live claims; None when the reward accepts none."""
    if RedemptionType.PIN.value not in reward.redemption_types:
        return None
    taken = {pin_of(session, claim) for claim in _live(session, member_id)}
    while (pin := f"{secrets.randbelow(10**_DIGITS):0{_DIGITS}}") in taken:
        pass
    return session.keyring.encrypt(_PIN, pin.encode())


def pin_of(session: Session, claim: Claim) -> str | None:
    """A claim's PIN, for its owner's eyes; None when it has none."""
    return None if claim.pin_cipher is None else session.keyring.decrypt(_PIN, claim.pin_cipher).decode()


def claim_of(session: Session, member_id: UUID, text: str) -> Claim:
    """The member's live claim with this PIN. Raises WrongPin, or LockedOut after five wrong ones."""
    seconds = attempts.seconds_locked(session, _PIN, str(member_id))
    if seconds:
        raise LockedOut(seconds_left=seconds)
    for claim in _live(session, member_id):
        if hmac.compare_digest(pin_of(session, claim) or "", text.strip()):
            attempts.forget(session, _PIN, str(member_id))
            return claim
    raise WrongPin


def count_wrong(session: Session, member_id: UUID) -> None:
    """Count a wrong PIN, at whatever till it was typed."""
    attempts.count_failure(session, _PIN, str(member_id))


def is_alone(reward: Reward) -> bool:
    """Whether claims of a reward are opened by their PIN and by nothing else."""
    return list(reward.redemption_types) == [RedemptionType.PIN.value]


def judge(session: Session, claim: Claim) -> None:
    """Refuse to open without its PIN a claim that is opened by it alone (PinNeeded)."""
    if is_alone(session.get_one(Reward, claim.reward_id)):
        raise PinNeeded


def _live(session: Session, member_id: UUID) -> list[Claim]:
    rows = session.scalars(
        sa.select(Claim)
        .where(
            Claim.member_id == member_id,
            Claim.status.in_([ClaimStatus.ISSUED.value, ClaimStatus.PART_REDEEMED.value]),
            Claim.pin_cipher.is_not(None),
        )
        .order_by(Claim.id)
    )
    return list(rows)
