"""Pages of redemptions as other surfaces read them: each filter, whose they are, and one index for each question."""

import re
from dataclasses import replace

import alembic.command
import pytest
import sqlalchemy as sa

import ledger
from ledger import Database
from panel_app.programme import access, operators, redemptions
from panel_app.programme.access import Actor
from panel_app.programme.refusals import NotAllowed
from panel_app.programme.scopes import Scope, permissions_of
from panel_app.programme.surfaces import records
from panel_app.programme.surfaces.told import RedemptionTold
from panel_app.programme.surfaces.wishes import RedemptionsWish
from tests.conftest import NOON, alembic_config
from tests.panel_app.programme.conftest import Built
from tests.panel_app.programme.shop import Shop
from tests.panel_app.world import SEED

pytestmark = pytest.mark.both_kinds

READER = Actor(client="api:9", source="audit", permissions=permissions_of({Scope.REPORTS}))
MARKET = Actor(client="api:1", source="market", permissions=permissions_of({Scope.REDEMPTIONS}))


def ask(shop: Shop, actor: Actor = READER, **wish: object) -> list[RedemptionTold]:
    """Every page of them."""
    found: list[RedemptionTold] = []
    cursor = None
    while True:
        with ledger.read(shop.session):
            page = records.page(shop.session, actor, RedemptionsWish(**wish, cursor=cursor))
        found += page.items
        if page.next_cursor is None:
            return found
        cursor = page.next_cursor


@pytest.fixture
def names(shop: Shop) -> dict[str, str]:
    """Four redemptions, a minute apart: in Berlin, in London, on behalf in Berlin, and of the market in Berlin."""
    world, found = shop.world, {}
    for name, actor in (
        ("berlin", world.berlin),
        ("london", world.london),
        ("behalf", replace(world.berlin, on_behalf_of=world.lena)),
        ("market", replace(world.berlin, client=MARKET.client, source=MARKET.source)),
    ):
        booking_id = shop.reserve(shop.direct(world.tea, actor=actor), actor).booking_id
        shop.confirm(booking_id, actor=actor)
        found[booking_id] = name
        shop.later(seconds=60)
    return found


def test_a_filter_finds_exactly_its_redemptions(shop: Shop, names: dict[str, str]):
    def told(actor: Actor = READER, **wish: object) -> list[str]:
        return [names[one.booking_id] for one in ask(shop, actor, **wish)]

    assert told() == ["market", "behalf", "london", "berlin"]
    assert told(branch="BER") == ["market", "behalf", "berlin"]
    assert told(branch="LON", source="in-store") == ["london"]
    assert told(source="market") == ["market"]
    assert told(source="in-store") == ["behalf", "london", "berlin"]
    assert told(source="nowhere") == []
    assert told(on_behalf=True) == ["behalf"]
    assert told(on_behalf=False) == ["market", "london", "berlin"]
    assert told(on_behalf=True, branch="LON") == []
    assert told(MARKET) == ["market"]
    assert told(MARKET, source="in-store") == []
    assert told(replace(READER, reach=frozenset({shop.world.london.branch()}))) == ["london"]
    assert told(replace(READER, reach=frozenset({shop.world.london.branch()})), on_behalf=True) == []
    of_two = frozenset({shop.world.london.branch(), shop.world.berlin.branch()})
    assert told(replace(READER, reach=of_two)) == ["market", "behalf", "london", "berlin"]
    assert told(replace(MARKET, reach=of_two)) == ["market"]
    many = frozenset({*of_two, *(ledger.new_id() for _ in range(50))})
    assert told(replace(READER, reach=many)) == ["market", "behalf", "london", "berlin"]
    later = {"since": NOON.replace(minute=1), "until": NOON.replace(minute=4)}
    assert told(**later) == told()[1:3]


def test_the_tag_is_told_to_readers_only(shop: Shop, names: dict[str, str]):
    assert [one.on_behalf for one in ask(shop)] == [False, True, False, False]
    assert [one.on_behalf for one in ask(shop, MARKET)] == [None]
    for on_behalf in (True, False):
        with pytest.raises(NotAllowed) as raised:
            ask(shop, MARKET, on_behalf=on_behalf)
        assert raised.value.data() == {"permission": "reports"}


def test_pages_meet_without_a_gap_although_many_are_of_one_moment(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(records, "PAGE_ROWS", 2)
    order = shop.direct(shop.world.tea)
    made = []
    for _ in range(5):
        made.append(shop.reserve(order).booking_id)
        redemptions.cancel(shop.session, shop.world.berlin, made[-1])
    found = [one.booking_id for one in ask(shop)]
    assert (len(found), sorted(found)) == (5, sorted(made))


def plan_of(database: Database, statement: str, values: object) -> str:
    """On PostgreSQL as if reading a whole table were dear, which it is not here."""
    is_sqlite = database.engine.dialect.name == "sqlite"
    with database.engine.connect() as connection:
        cursor = connection.connection.cursor()
        if not is_sqlite:
            cursor.execute("SET enable_seqscan = off; SET enable_bitmapscan = off")
        cursor.execute(("EXPLAIN QUERY PLAN " if is_sqlite else "EXPLAIN ") + statement, values)
        found = "\n".join(str(row[-1]) for row in cursor.fetchall())
        connection.connection.rollback()
    return found


def test_before_the_first_redemption_there_are_none(shop: Shop):
    assert ask(shop) == []


def test_each_question_is_one_index_in_the_order_of_time(fresh: Built, shop: Shop, names: dict[str, str]):
    sent: list[tuple[str, object]] = []

    def note(_connection: object, _cursor: object, statement: str, values: object, *_more: object) -> None:
        if "FROM redemptions" in statement and "RECURSIVE" not in statement:
            sent.append((statement, values))

    two = frozenset({shop.world.london.branch(), shop.world.berlin.branch()})
    sa.event.listen(fresh.database.engine, "before_cursor_execute", note)
    for actor, wish, index in (
        (READER, {}, "source"),
        (READER, {"source": "market"}, "source"),
        (READER, {"on_behalf": True}, "on_behalf"),
        (READER, {"branch": "BER"}, "branch_day"),
        (READER, {"branch": "BER", "on_behalf": False}, "branch_day"),
        (replace(READER, reach=two), {}, "branch_day"),
        (MARKET, {}, "source"),
    ):
        sent.clear()
        ask(shop, actor, **wish)
        plan = plan_of(fresh.database, *sent[0])
        assert f"ix_redemptions_{index}" in plan, plan
        assert not re.search(r"Seq Scan|SCAN redemptions\n", plan), plan
    sa.event.remove(fresh.database.engine, "before_cursor_execute", note)


def test_whoever_administers_may_see_reports_from_this_version_on(fresh: Built, shop: Shop):
    def may_see() -> dict[str, bool]:
        return {row["name"]: "view_reports" in row["permissions"] for row in shop.rows("roles")}

    operators.create_role(shop.session, SEED, "administrator", access.ADMINISTRATOR)
    after = {"administrator": True, "manager": False, "store user": False}
    assert may_see() == after
    url = fresh.database.engine.url.render_as_string(hide_password=False)
    shop.session.close()
    fresh.database.dispose()
    alembic.command.downgrade(alembic_config(url), "0014")
    assert may_see() == dict.fromkeys(after, False)
    shop.session.close()
    alembic.command.upgrade(alembic_config(url), "head")
    assert may_see() == after


def rules_of(database: Database) -> set[str | None]:
    """The names of what a redemption must keep to."""
    inspector = sa.inspect(database.engine)
    found = [
        *inspector.get_check_constraints("redemptions"),
        *inspector.get_unique_constraints("redemptions"),
        *inspector.get_foreign_keys("redemptions"),
    ]
    assert len(found) == 14
    return {one["name"] for one in found}


def test_what_is_there_already_gets_its_tag_from_its_entry_or_its_hold(
    fresh: Built, shop: Shop, names: dict[str, str]
):
    behalf = replace(shop.world.berlin, on_behalf_of=shop.world.lena)
    open_one = shop.reserve(shop.direct(shop.world.tea, actor=behalf), behalf).booking_id
    url = fresh.database.engine.url.render_as_string(hide_password=False)
    shop.session.close()
    fresh.database.dispose()
    kept = rules_of(fresh.database)
    alembic.command.downgrade(alembic_config(url), "0015")
    assert rules_of(fresh.database) == kept
    alembic.command.upgrade(alembic_config(url), "head")
    assert rules_of(fresh.database) == kept
    assert [(names.get(one.booking_id, "open"), one.on_behalf) for one in ask(shop)] == [
        ("open", True),
        ("market", False),
        ("behalf", True),
        ("london", False),
        ("berlin", False),
    ]
    assert ask(shop)[0].booking_id == open_one
