"""What an agent did on a member's behalf is told to the scope reports only; nobody else finds out, by no question."""

from dataclasses import replace
from typing import Any

import pytest

import ledger
from ledger import EntryType, MemberId, Points
from panel_app.programme.scopes import Scope
from tests.panel_app.web.house import House, on_both
from tests.panel_app.web.program import Program, code_of

BEHALF = "Debit By On Behalf Redemption"


def taken(house: House, member_id: MemberId, on_behalf_of: MemberId | None = None) -> None:
    """70 points of a member at Berlin's first till, by the member's own wish or on behalf."""
    actor = replace(house.world.berlin, on_behalf_of=on_behalf_of)
    session = house.shop.session
    ledger.transact(
        session,
        lambda: ledger.charge_claim(session, actor.origin(), member_id=member_id, points=Points(70)),
    )


def answers(program: Program, member_id: MemberId) -> list[Any]:
    """Everything that can be asked of a member's entries by type, without what differs between any two members."""
    queries = ["", *(f"?type={one.value}" for one in EntryType), "?source=in-store", "?source=desk"]
    found = []
    for query in queries:
        answer = program.get(f"/members/{member_id}/entries{query}").get_json()
        for one in answer.get("items", ()):
            del one["id"], one["member_id"]
        answer.pop("request_id", None)
        found.append((query, answer))
    return found


@on_both
@pytest.mark.parametrize(
    "scopes", [(Scope.POINTS,), (Scope.POINTS, Scope.MEMBERS, Scope.HOLDS, Scope.REDEMPTIONS)]
)
def test_what_was_on_behalf_looks_like_the_members_own_to_every_question(
    house: House, scopes: tuple[Scope, ...]
) -> None:
    omar, lena = house.world.omar, house.world.lena
    taken(house, lena)
    taken(house, omar, on_behalf_of=omar)
    program = Program.of(house, *scopes)
    own = answers(program, lena)
    assert answers(program, omar) == own
    listed = dict(own)["?type=Debit By Redemption"]["items"]
    assert [(one["type"], one["points"], one["operator"], one["on_behalf"]) for one in listed] == [
        ("Debit By Redemption", -70, None, None)
    ]
    assert code_of(program.get(f"/members/{omar}/entries?type={BEHALF}")) == (403, "not_allowed")
    assert code_of(program.get(f"/members/{lena}/entries?type={BEHALF}")) == (403, "not_allowed")


def test_control_the_scope_reports_tells_the_two_apart(house: House) -> None:
    omar, lena = house.world.omar, house.world.lena
    taken(house, lena)
    taken(house, omar, on_behalf_of=omar)
    program = Program.of(house, Scope.REPORTS)
    assert answers(program, omar) != answers(program, lena)
    listed = program.get(f"/members/{omar}/entries?type={BEHALF}").get_json()["items"]
    assert [(one["type"], one["points"], one["operator"], one["on_behalf"]) for one in listed] == [
        (BEHALF, -70, "anna", True)
    ]
    assert program.get(f"/members/{omar}/entries?type=Debit+By+Redemption").get_json()["items"] == []


def test_an_event_tells_it_to_nobody(house: House) -> None:
    taken(house, house.world.lena)
    taken(house, house.world.omar, on_behalf_of=house.world.omar)
    own, behalf = (row["payload"] for row in house.shop.rows("outbox_events")[-2:])
    assert own.pop("entry_id") != behalf.pop("entry_id")
    assert behalf == own
    assert behalf["type"] == "Debit By Redemption"
