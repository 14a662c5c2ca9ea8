"""Partners' own codes for a reward: imported as a list, drawn one a claim, found by what was read. Judges no claim.

Such a code is kept as the partner printed it: a keyed hash for look-up, and encrypted for showing it to the member.
"""

from uuid import UUID

import sqlalchemy as sa

from ledger import Session
from panel_app.programme.code_refusals import NoCodeLeft
from panel_app.programme.models import Claim, ExternalCode, Reward
from panel_app.programme.refusals import CodeNotIssuedYet, UnknownCode
from panel_app.programme.terms import RedemptionType

_CODE = "external code"


def sealed(session: Session, text: str) -> dict[str, bytes]:
    """A code as it is stored."""
    return {
        "code_hash": session.keyring.mac(_CODE, text),
        "code_cipher": session.keyring.encrypt(_CODE, text.encode()),
    }


def has_list(reward: Reward) -> bool:
    """Whether claims of a reward draw a partner's code."""
    return RedemptionType.EXTERNAL_QR.value in reward.redemption_types


def is_listed(session: Session, text: str) -> bool:
    """Whether a text is a code of any list, issued or not."""
    return bool(session.scalar(sa.select(sa.exists().where(ExternalCode.code_hash == _hash(session, text)))))


def claim_of(session: Session, text: str) -> Claim:
    """The claim that has this code; CodeNotIssuedYet while none has, UnknownCode when no list has it."""
    code = session.scalar(sa.select(ExternalCode).where(ExternalCode.code_hash == _hash(session, text)))
    if code is None:
        raise UnknownCode
    if code.claim_id is None:
        raise CodeNotIssuedYet
    return session.get_one(Claim, code.claim_id)


def draw(session: Session, claim: Claim) -> str:
    """Give a claim one free code of its reward; NoCodeLeft when there is none. The claim's row is written already."""
    free = (
        sa.select(ExternalCode.id)
        .where(ExternalCode.reward_id == claim.reward_id, ExternalCode.claim_id.is_(None))
        .order_by(ExternalCode.id)
        .limit(1)
        # PostgreSQL: two claims at once take two codes and don't wait for each other. SQLite has one writer.
        .with_for_update(skip_locked=True)
    )
    drawn = session.execute(
        sa.update(ExternalCode)
        .where(ExternalCode.id == free.scalar_subquery(), ExternalCode.claim_id.is_(None))
        .values(claim_id=claim.id)
        .returning(ExternalCode.code_cipher)
    ).one_or_none()
    if drawn is None:
        raise NoCodeLeft
    return session.keyring.decrypt(_CODE, drawn.code_cipher).decode()


def code_of(session: Session, claim_id: UUID) -> str | None:
    """The code that a claim has, for its owner's eyes; None when it has none."""
    cipher = session.scalar(sa.select(ExternalCode.code_cipher).where(ExternalCode.claim_id == claim_id))
    return None if cipher is None else session.keyring.decrypt(_CODE, cipher).decode()


def left(session: Session, reward_id: UUID) -> int:
    """How many claims the list of a reward is still good for."""
    free = sa.select(sa.func.count()).where(
        ExternalCode.reward_id == reward_id, ExternalCode.claim_id.is_(None)
    )
    return session.scalar(free) or 0


def _hash(session: Session, text: str) -> bytes:
    return session.keyring.mac(_CODE, text.strip())
