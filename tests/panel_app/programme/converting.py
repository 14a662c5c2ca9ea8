"""Points on their way into vouchers and to partners: a reward with a list, a program that asks, and what is left."""

from dataclasses import dataclass
from uuid import UUID

import ledger
from ledger import Minor, Points, Session
from panel_app.programme import access, conversion_findings, conversions, importing, voucher_lists
from panel_app.programme.access import Actor
from panel_app.programme.catalogue import NewOption
from panel_app.programme.steps import Told, canonical
from panel_app.programme.surfaces import conversions as surface
from panel_app.programme.surfaces.conversion_shapes import ConversionTold, NewConversion
from panel_app.programme.terms import Money
from tests.panel_app.programme.shop import Shop
from tests.panel_app.world import SEED, create_reward

SKU = "TENNER"
PRICE = 1000
PROGRAM = Actor(client="api:market", source="marketplace", permissions=access.API_CLIENT)
TRANSFER = NewConversion(reference="to the air", partner="Sky Miles", points=400)


@dataclass(frozen=True, slots=True)
class Converting:
    """A shop whose programme has a voucher of 10.00 EUR for 1,000 points, and a program that converts."""

    shop: Shop
    reward_id: UUID

    @classmethod
    def of(cls, shop: Shop, vouchers: int, **changes: object) -> "Converting":
        worth = Money(amount=Minor(1000), currency="EUR")
        more = {
            "sku": SKU,
            "name": "Ten euros",
            "options": [NewOption(points=Points(PRICE))],
            "voucher": worth,
        }
        opened = cls(shop, create_reward(shop.session, **(more | changes)))
        if vouchers:
            opened.bring(*(f"TENNER-{number:02}" for number in range(1, vouchers + 1)))
        return opened

    def bring(self, *codes: str, last_day: str = "2026-12-31") -> None:
        lines = ["code,amount,currency,last_day", *(f"{code},10.00,EUR,{last_day}" for code in codes)]
        report = importing.import_vouchers(self.shop.session, SEED, "\n".join(lines).encode(), SKU)
        assert (report.taken, report.not_taken) == (len(codes), ())

    @property
    def wish(self) -> NewConversion:
        return NewConversion(reference="basket 7", reward_id=self.reward_id)

    def ask(self, wish: NewConversion | None = None, key: str | None = None) -> Told[ConversionTold]:
        return asked(self.shop.session, self.shop, wish or self.wish, key or self.shop.key())

    def convert(self, wish: NewConversion | None = None, key: str | None = None) -> ConversionTold:
        told = self.ask(wish, key).value
        assert told is not None
        return told

    def read(self, booking_id: str, actor: Actor = PROGRAM) -> ConversionTold:
        with ledger.read(self.shop.session):
            return surface.by_booking_id(self.shop.session, actor, booking_id)

    def left(self) -> int:
        with ledger.read(self.shop.session):
            return voucher_lists.left(self.shop.session, self.reward_id)

    def sweep(self) -> int:
        return conversions.fail_overdue(self.shop.session, access.system("sweeper"))

    def findings(self) -> list[ledger.Finding]:
        with ledger.read(self.shop.session):
            return conversion_findings.findings(self.shop.session)

    def log(self) -> list[tuple[str, int, str | None]]:
        """What Lena's log says, the oldest first, without what she began with."""
        with ledger.read(self.shop.session):
            lines = ledger.log_of(self.shop.session, self.shop.world.lena, limit=50)
        return [(line.what.value, line.points, line.reason) for line in reversed(lines)][1:]


def asked(session: Session, shop: Shop, wish: NewConversion, key: str) -> Told[ConversionTold]:
    return surface.convert(session, PROGRAM, key, shop.world.lena, wish)


def bytes_of(told: ConversionTold) -> bytes:
    return canonical(ConversionTold, told)
