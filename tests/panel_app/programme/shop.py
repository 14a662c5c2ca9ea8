"""The world in use: short ways to do what members and operators do, and the proof that a refusal moved nothing."""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

import ledger
from ledger import Credit, EarnKind, ManualClock, MemberId, Points, Refusal, Session
from panel_app.programme import (
    access,
    claiming,
    counter,
    member_codes,
    pricing,
    redemption_findings,
    redemptions,
    voucher_findings,
)
from panel_app.programme.access import Actor
from panel_app.programme.baskets import Order
from panel_app.programme.claiming import ClaimOrder, MadeClaim
from panel_app.programme.terms import (
    CounterView,
    EntryMode,
    Receipt,
    RedemptionType,
    Reservation,
    TenderGiven,
)
from tests.panel_app.world import SEED, World, member_actor

# What a refusal must leave as it was. Audit records, outcomes of keys and counted attempts may grow.
MUST_NOT_MOVE = (
    *("balances", "entries", "holds", "hold_events", "lots"),
    *("claims", "conversions", "redemptions", "tenders", "stock_levels", "stock_movements"),
    *("external_codes", "vouchers"),
    *("members", "member_devices", "visits", "outbox_events"),
)
EVERYTHING = {
    name: f"SELECT * FROM {name} ORDER BY {', '.join(ledger.metadata.tables[name].primary_key.columns.keys())}"
    for name in MUST_NOT_MOVE
}


@dataclass(slots=True)
class Shop:
    """The world in use: one session, a clock moved by hand, and short ways to do what people do."""

    session: Session
    clock: ManualClock
    world: World
    keys: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def later(self, **step: float) -> None:
        self.clock.advance(timedelta(**step))

    def key(self) -> str:
        return f"key-{next(self.keys)}"

    def code(self, member_id: MemberId) -> member_codes.ShownCode:
        """What the member's phone shows now."""
        with ledger.read(self.session):
            return member_codes.shown_code(self.session, member_id, self.world.phones[member_id])

    def scan(
        self,
        text: str,
        actor: Actor | None = None,
        mode: EntryMode = EntryMode.CAMERA,
        shown_as: RedemptionType | None = None,
        visit_id: UUID | None = None,
    ) -> CounterView:
        scanned = counter.Scanned(text=text, mode=mode, shown_as=shown_as, visit_id=visit_id)
        return counter.scan(self.session, actor or self.world.berlin, scanned)

    def visit(self, member_id: MemberId, actor: Actor | None = None) -> UUID:
        """A visit opened with the member's live code; the step that it burns is over afterwards."""
        visit_id = self.scan(self.code(member_id).text, actor).visit_id
        self.later(seconds=30)
        return visit_id

    def claim(self, reward_id: UUID, quantity: int = 1, member_id: MemberId | None = None) -> MadeClaim:
        member_id = member_id or self.world.lena
        order = ClaimOrder(member_id=member_id, reward_id=reward_id, quantity=quantity)
        return claiming.make_claim(self.session, member_actor(member_id), self.key(), order)

    def direct(self, reward_id: UUID, option: int = 0, units: int = 1, actor: Actor | None = None) -> Order:
        """An order of Lena's, under a fresh visit, for a reward at its option of that number."""
        visit_id = self.visit(self.world.lena, actor)
        return Order.one(
            visit_id=visit_id, reward_id=reward_id, option_id=self.option(reward_id, option), units=units
        )

    def option(self, reward_id: UUID, number: int) -> UUID:
        with ledger.read(self.session):
            prices = pricing.prices_of(self.session, [reward_id])[reward_id]
        return prices[number].option_id

    def reserve(self, order: Order, actor: Actor | None = None, key: str | None = None) -> Reservation:
        return redemptions.reserve(self.session, actor or self.world.berlin, key or self.key(), order)

    def at_once(self, order: Order, actor: Actor | None = None, key: str | None = None) -> Receipt:
        return redemptions.redeem_at_once(self.session, actor or self.world.berlin, key or self.key(), order)

    def confirm(
        self,
        booking_id: str,
        *tenders: TenderGiven,
        actor: Actor | None = None,
        key: str | None = None,
        shop_receipt: str | None = None,
    ) -> Receipt:
        payment = redemptions.Payment(booking_id=booking_id, tenders=tenders, shop_receipt=shop_receipt)
        return redemptions.confirm(self.session, actor or self.world.berlin, key or self.key(), payment)

    def redeem(self, code: str, actor: Actor | None = None, units: int = 1) -> Receipt:
        """Scan a claim's code, reserve it and confirm it, with nothing to pay in cash."""
        view = self.scan(code, actor)
        order = Order.one(visit_id=view.visit_id, claim_id=view.claim.id, units=units)
        return self.confirm(self.reserve(order, actor).booking_id, actor=actor)

    def sweep(self) -> int:
        return redemptions.expire_due(self.session, access.system("sweeper"))

    def credit(self, member_id: MemberId, points: int) -> None:
        earned = Credit(member_id=member_id, points=Points(points), kind=EarnKind.PROGRAMME_RULE)
        ledger.transact(self.session, lambda: ledger.credit(self.session, SEED.origin(), earned))

    def spend_all_but(self, points: int, member_id: MemberId | None = None) -> None:
        """Take the member's points elsewhere until so many are available."""
        member_id = member_id or self.world.lena
        spent = Points(self.balance(member_id)[0] - points)
        ledger.transact(
            self.session,
            lambda: ledger.charge_claim(self.session, SEED.origin(), member_id=member_id, points=spent),
        )

    def balance(self, member_id: MemberId | None = None) -> tuple[int, int]:
        """Available and held points."""
        with ledger.read(self.session):
            found = ledger.balance_of(self.session, member_id or self.world.lena)
        return found.available, found.held

    def rows(self, table: str) -> list[dict[str, Any]]:
        """All rows of a table, in the order of their keys."""
        found = ledger.metadata.tables[table]
        with ledger.read(self.session):
            rows = self.session.execute(sa.select(found).order_by(*found.primary_key.columns)).mappings()
            return [dict(row) for row in rows]

    def facts(self) -> dict[str, list[sa.Row[Any]]]:
        """Everything that a refusal must leave as it was, as the database has it."""
        with ledger.read(self.session):
            connection = self.session.connection()
            return {name: list(connection.exec_driver_sql(EVERYTHING[name])) for name in MUST_NOT_MOVE}

    def findings(self) -> list[ledger.Finding]:
        with ledger.read(self.session):
            return [
                *ledger.verify(self.session),
                *redemption_findings.findings(self.session),
                *voucher_findings.findings(self.session),
            ]

    @contextmanager
    def refused(self, refusal: type[Refusal], /, **data: object) -> Iterator[pytest.ExceptionInfo[Refusal]]:
        """The block is refused with exactly this; nothing moved, and one record says who was refused what."""
        before, known = self.facts(), {row["id"] for row in self.rows("audit_records")}
        with pytest.raises(Refusal) as raised:
            yield raised
        assert (type(raised.value), raised.value.data()) == (refusal, data)
        assert self.facts() == before
        new = [row for row in self.rows("audit_records") if row["id"] not in known]
        assert [row["reason"] for row in new] == [refusal.reason.value]
