"""The transaction report: who is told what, in the report's words; filters by the names that people know."""

from dataclasses import replace

import pytest

import ledger
from ledger import EntryType, HoldEvent, NotFound, Points
from panel_app.programme import access
from panel_app.programme.access import Actor, Permission
from panel_app.programme.refusals import NotAllowed
from panel_app.programme.reports import transactions
from panel_app.programme.reports.terms import KIND_OF, TransactionsTold, TransactionsWish, TransactionTold
from panel_app.programme.surfaces.told import MoneyTold
from tests.panel_app.programme.shop import Shop
from tests.panel_app.world import cash

pytestmark = pytest.mark.both_kinds

READER = Actor(client="api:1", source="audit", permissions=frozenset({Permission.VIEW_REPORTS}))


def ask(shop: Shop, actor: Actor = READER, **wish: object) -> TransactionsTold:
    with ledger.read(shop.session):
        return transactions.page(shop.session, actor, TransactionsWish(**{"limit": 100, **wish}))


def told(shop: Shop, actor: Actor = READER, **wish: object) -> list[tuple[str, str | None, int]]:
    return [(row.type.value, row.member, row.points) for row in ask(shop, actor, **wish).items]


def on_behalf(shop: Shop, points: int) -> None:
    """An agent redeems for Omar at the house of London."""
    agent = replace(
        shop.world.london, client="desk", source="desk", till_id=None, on_behalf_of=shop.world.omar
    )
    ledger.transact(
        shop.session,
        lambda: ledger.charge_claim(
            shop.session, agent.origin(), member_id=shop.world.omar, points=Points(points)
        ),
    )


def test_a_row_names_the_member_the_place_the_operator_and_the_cash(shop: Shop):
    shop.later(seconds=1)
    booking_id = shop.reserve(shop.direct(shop.world.mug, 1)).booking_id
    at = shop.clock.now()
    shop.confirm(booking_id, cash(400))
    taken, held = ask(shop).items[:2]
    hold, entry = shop.rows("holds")[0], shop.rows("entries")[-1]
    assert taken == TransactionTold(
        id=entry["id"],
        created_at=at,
        type="Debit By Redemption",
        kind=None,
        member_id=shop.world.lena,
        member="M-1",
        points=-600,
        concerned=600,
        cash=[MoneyTold(amount_minor=400, currency="EUR")],
        source="in-store",
        branch="BER",
        till="1",
        operator="anna",
        on_behalf=False,
        booking_id=booking_id,
        reference=None,
        reason=None,
        balance_after=4400,
        hold_id=hold["id"],
        reverses=None,
    )
    assert (held.type, held.points, held.concerned, held.hold_id) == ("Hold Placed", 0, 600, hold["id"])
    assert (held.cash, held.balance_after, held.booking_id) == ([], None, booking_id)


def test_a_filter_takes_the_names_that_people_know(shop: Shop):
    shop.redeem(shop.claim(shop.world.tea).code)
    shop.redeem(shop.claim(shop.world.tea).code, shop.world.london)
    on_behalf(shop, 70)
    behalf = ("Debit By On Behalf Redemption", "M-2", -70)
    taken, held, earned = (
        ("Debit By Redemption", "M-1", -300),
        ("Hold Placed", "M-1", 0),
        ("Earn", "M-1", 5000),
    )
    assert told(shop, member="M-1") == [taken, held, taken, held, earned]
    assert told(shop, member=str(shop.world.omar)) == [behalf, ("Earn", "M-2", 5000)]
    assert told(shop, branch="BER") == [taken, held]
    assert told(shop, branch=str(shop.world.london.branch())) == [behalf, taken, held]
    assert told(shop, operator="Anna") == [taken, held]
    assert told(shop, operator="olivia", on_behalf=False) == [taken, held]
    assert told(shop, on_behalf=True) == [behalf]
    assert told(shop, type="Debit By On Behalf Redemption") == [behalf]
    assert told(shop, type="Hold Placed", source="in-store") == [held, held]
    assert told(shop, source="desk") == [behalf]
    assert told(shop, member="M-1", type="Earn") == [earned]


@pytest.mark.parametrize(
    "wish", [{"member": "M-9"}, {"member": str(ledger.new_id())}, {"operator": "nobody"}]
)
def test_who_is_not_there_has_no_rows(shop: Shop, wish: dict[str, str]):
    assert ask(shop, **wish) == TransactionsTold(items=[], next_cursor=None)


def test_a_branch_that_is_not_there_is_told(shop: Shop):
    with pytest.raises(NotFound):
        ask(shop, branch="NOWHERE")


def test_a_reader_of_one_branch_sees_its_rows_whatever_is_asked(shop: Shop):
    shop.redeem(shop.claim(shop.world.tea).code)
    shop.redeem(shop.claim(shop.world.tea).code, shop.world.london)
    on_behalf(shop, 70)
    berlin = replace(READER, reach=frozenset({shop.world.berlin.branch()}))
    own = [("Debit By Redemption", "M-1", -300), ("Hold Placed", "M-1", 0)]
    for wish in ({}, {"member": "M-1"}, {"source": "in-store"}, {"operator": "anna"}, {"branch": "BER"}):
        assert told(shop, berlin, **wish) == own
    for wish in (
        {"member": "M-2"},
        {"on_behalf": True},
        {"operator": "olivia"},
        {"type": "Earn"},
        {"source": "desk"},
    ):
        assert told(shop, berlin, **wish) == []
    for branch in ("LON", "NOWHERE"):
        with pytest.raises(NotAllowed):
            ask(shop, berlin, branch=branch)
    both = replace(READER, reach=frozenset({shop.world.berlin.branch(), shop.world.london.branch()}))
    assert len(ask(shop, both).items) == 5


@pytest.mark.parametrize("permissions", [access.STORE_USER, access.BRANCH_MANAGER, access.MEMBER])
def test_nobody_else_is_told_anything(shop: Shop, permissions: frozenset[Permission]):
    with pytest.raises(NotAllowed) as raised:
        ask(shop, replace(shop.world.manager, permissions=permissions))
    assert raised.value.data() == {"permission": "view_reports"}


def test_pages_meet_while_others_redeem(shop: Shop):
    for points in range(1, 20):
        shop.credit(shop.world.lena, points)
    whole, seen, cursor = ask(shop).items, [], None
    while True:
        page = ask(shop, limit=4, cursor=cursor)
        seen += page.items
        shop.later(seconds=1)
        shop.credit(shop.world.omar, 1)
        if page.next_cursor is None:
            break
        cursor = page.next_cursor
    assert (len(whole), seen) == (22, whole)


@pytest.mark.parametrize("cursor", ["0-" + "0" * 32, "9" * 17 + "-" + "f" * 32])
def test_a_cursor_that_nobody_gave_is_a_place_like_any_other(shop: Shop, cursor: str):
    assert len(ask(shop, cursor=cursor).items) == (0 if cursor.startswith("0") else 3)


def test_every_type_of_entry_and_every_end_of_a_hold_has_a_name():
    reported = {*EntryType, *HoldEvent} - {HoldEvent.CAPTURED, HoldEvent.EXTENDED}
    assert set(KIND_OF.values()) == reported
