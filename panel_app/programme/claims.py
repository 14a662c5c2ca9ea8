"""Claims: a member's right to n units of a reward under one code; how one is found, priced, taken and spent.

Whether a claim is good at a counter is judged in claim_rules, in the order of product.md.
"""

from collections.abc import Iterable, Sequence
from uuid import UUID

import sqlalchemy as sa

from ledger import Instant, Minor, Points, Session
from panel_app.programme import pricing
from panel_app.programme.models import Claim, RedemptionLine
from panel_app.programme.refusals import PriceNotOffered, UnknownCode
from panel_app.programme.terms import ClaimStatus, Money
from scanner import RewardCode, ShortCode

_CODE = "claim code"
_SHORT = "claim short code"


def sealed_codes(session: Session, code: str, short: str) -> dict[str, bytes]:
    """Both codes as they are stored: a keyed hash for look-up, and encrypted for showing again."""
    keyring = session.keyring
    return {
        "code_hash": keyring.mac(_CODE, code),
        "code_cipher": keyring.encrypt(_CODE, code.encode()),
        "short_hash": keyring.mac(_SHORT, short),
        "short_cipher": keyring.encrypt(_SHORT, short.encode()),
    }


def codes_of(session: Session, claim: Claim) -> tuple[str, str]:
    """A claim's code and short code, for its owner's eyes."""
    keyring = session.keyring
    return (
        keyring.decrypt(_CODE, claim.code_cipher).decode(),
        keyring.decrypt(_SHORT, claim.short_cipher).decode(),
    )


def by_code(session: Session, code: RewardCode | ShortCode) -> Claim:
    """The claim that a code opens; UnknownCode when there is none."""
    column, purpose = (Claim.code_hash, _CODE) if isinstance(code, RewardCode) else (Claim.short_hash, _SHORT)
    claim = session.scalar(sa.select(Claim).where(column == session.keyring.mac(purpose, code.text)))
    if claim is None:
        raise UnknownCode
    return claim


def is_given_out(session: Session, code: RewardCode) -> bool:
    """Whether some claim has this code."""
    known = sa.exists().where(Claim.code_hash == session.keyring.mac(_CODE, code.text))
    return bool(session.scalar(sa.select(known)))


def due_in(claim: Claim, currency: str, units: int) -> tuple[Points, Money]:
    """What the next `units` units still cost at the counter: points (0 when charged) and cash.

    Raises PriceNotOffered when the claim's price has no cash part in the currency but in others.
    """
    if claim.cash and currency not in claim.cash:
        raise PriceNotOffered
    points = 0 if claim.charged else pricing.share(claim.points, claim.quantity, claim.spent, units)
    cash = pricing.share(claim.cash.get(currency, 0), claim.quantity, claim.spent, units)
    return Points(points), Money(amount=Minor(cash), currency=currency)


def charged_points(claim: Claim, units: int) -> Points:
    """What the next `units` units cost when the claim was made; 0 when it is charged at the counter."""
    if not claim.charged:
        return Points(0)
    return Points(pricing.share(claim.points, claim.quantity, claim.spent, units))


def reference_of(claim_id: UUID) -> str:
    """How the entries of a claim that belong to no booking name it."""
    return f"claim {claim_id}"


def lock(session: Session, claim_ids: Sequence[UUID]) -> None:
    """Lock the claims until the step ends, and read them anew."""
    session.scalars(
        sa.select(Claim)
        .where(Claim.id.in_(claim_ids))
        .order_by(Claim.id)
        # Visits that other tills open for the same claims point to them, which must not wait for this.
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).all()


def in_order(lines: Iterable[RedemptionLine]) -> list[tuple[RedemptionLine, UUID]]:
    """The lines of claims with these, in the order in which claims are locked."""
    of_claims = [(line, line.claim_id) for line in lines if line.claim_id is not None]
    return sorted(of_claims, key=lambda one: one[1])


def take(session: Session, claim_id: UUID, redemption_id: UUID) -> bool:
    """Bind a live claim to a redemption at a till.

    False when another one has it, it is no longer live, or fewer units are left than the redemption's line has:
    a redemption that ran out and is taken up again may find them spent.
    """
    units = sa.select(RedemptionLine.units).where(
        RedemptionLine.redemption_id == redemption_id, RedemptionLine.claim_id == claim_id
    )
    taken = session.execute(
        sa.update(Claim)
        .where(
            Claim.id == claim_id,
            Claim.held_by.is_(None),
            Claim.status.in_([ClaimStatus.ISSUED.value, ClaimStatus.PART_REDEEMED.value]),
            Claim.quantity - Claim.spent >= units.scalar_subquery(),
        )
        .values(held_by=redemption_id)
        .returning(Claim.id)
    ).one_or_none()
    return taken is not None


def give_back(session: Session, redemption_id: UUID) -> None:
    """Free the claim that a redemption had at a till."""
    session.execute(sa.update(Claim).where(Claim.held_by == redemption_id).values(held_by=None))


def spend(session: Session, claim_id: UUID, redemption_id: UUID, units: int) -> None:
    """Spend units of the claim that a redemption holds. Each unit is spent once: the row's CHECK holds it."""
    spent = Claim.spent + units
    is_last = spent == Claim.quantity
    done = session.execute(
        sa.update(Claim)
        .where(Claim.id == claim_id, Claim.held_by == redemption_id)
        .values(
            spent=spent,
            held_by=None,
            status=sa.case((is_last, ClaimStatus.REDEEMED.value), else_=ClaimStatus.PART_REDEEMED.value),
            closed_at=sa.case((is_last, sa.literal(session.clock.now(), Instant())), else_=None),
        )
        .returning(Claim.id)
    ).one_or_none()
    if done is None:
        raise RuntimeError("a redemption must hold the claim whose units it spends")


def unspend(session: Session, line: RedemptionLine) -> bool:
    """Give a claim the units back that this line spent, to be redeemed again.

    False when the claim has gone on since: it ran out, or its other units lie at a till at their price.
    """
    spent = Claim.spent - line.units
    given = session.execute(
        sa.update(Claim)
        .where(
            Claim.id == line.claim_id,
            Claim.held_by.is_(None),
            Claim.status.in_([ClaimStatus.PART_REDEEMED.value, ClaimStatus.REDEEMED.value]),
            spent >= 0,
        )
        .values(
            spent=spent,
            status=sa.case((spent == 0, ClaimStatus.ISSUED.value), else_=ClaimStatus.PART_REDEEMED.value),
            closed_at=None,
        )
        .returning(Claim.id)
    ).one_or_none()
    return given is not None
