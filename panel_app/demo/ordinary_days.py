"""Three months of members who buy, earn and redeem, as many as were asked for; nothing of it is planned."""

from collections.abc import Callable
from datetime import timedelta

from ledger import Credit, EarnKind, Points
from panel_app.demo.at_counter import AtTill, redeem_claim, redeem_something, think_better, walk_away
from panel_app.demo.town import DAYS, Town
from panel_app.programme.terms import EntryMode

LAST_DAY = DAYS - 1.5
_BATCH = 500
_EXPIRING = 0.15  # of the points that are given end soon
_MODES = {EntryMode.CAMERA: 60, EntryMode.WEDGE: 25, EntryMode.TYPED: 10, EntryMode.PHOTO: 5}
_CLAIMED = {"CAKE": 260, "TOTE": 700}


def visits_of(entries: int) -> int:
    """How many times somebody comes to a counter.

    A visit takes several transactions, so a demo of a million entries is mostly of points earned.
    """
    return min(entries // 4, 150 + entries // 200)


def live(town: Town, ordinary: list[int], *, until: int) -> None:
    """Let the ordinary members live from the second day on until there are `until` entries."""
    first = town.count.made

    def day(entry: int) -> float:
        return 1 + (LAST_DAY - 1) * (entry - first) / (until - first)

    visits = visits_of(until - first)
    for visit in range(visits):
        earn_until(town, ordinary, first + (until - first) * (visit + 1) // (visits + 1), day)
        if town.count.made + 2 > until:  # a claim and its redemption are two
            break
        town.go_to(day(town.count.made))
        _come_to_a_counter(town, town.chance.choice(ordinary))
    earn_until(town, ordinary, until, day)


def earn_until(
    town: Town, ordinary: list[int], entries: int, day: Callable[[int], float] | None = None
) -> None:
    """Give points to anybody until there are so many entries, each on its `day` (None: now)."""
    while (missing := entries - town.count.made) > 0:
        batch = [_credit(town, town.chance.choice(ordinary)) for _ in range(min(_BATCH, missing))]
        town.earn(batch, day)


def _credit(town: Town, index: int) -> Credit:
    chance = town.chance
    milestone = chance.random() < 0.12  # noqa: PLR2004 - every eighth
    points = chance.choice((250, 500, 750)) if milestone else chance.randrange(15, 180)
    days = chance.randrange(4, 29) if chance.random() < _EXPIRING else chance.randrange(270, 365)
    return Credit(
        member_id=town.member_ids[index],
        points=Points(points),
        kind=EarnKind.MILESTONE_AWARD if milestone else EarnKind.PROGRAMME_RULE,
        expires_at=town.midnight(days),
    )


def _come_to_a_counter(town: Town, index: int) -> None:
    chance = town.chance
    at = AtTill(
        shop=chance.choice(town.shops),
        till=chance.randrange(6),
        operator=chance.randrange(6),
        mode=chance.choices(list(_MODES), list(_MODES.values()))[0],
    )
    if not at.shop.plan.direct_redemption or chance.random() < 0.3:  # noqa: PLR2004 - the rest claim at home
        _claim_and_collect(town, at, index)
        return
    act = chance.choices((redeem_something, think_better, walk_away), (86, 9, 5))[0]
    act(town, at, index)


def _claim_and_collect(town: Town, at: AtTill, index: int) -> None:
    sku = town.chance.choice(list(_CLAIMED))
    if town.available(index) < _CLAIMED[sku]:
        return
    option_id = town.mix_of(sku) if town.chance.random() < 0.5 else None  # noqa: PLR2004 - half
    made = town.claim(index, sku, option_id=option_id)
    town.clock.advance(timedelta(minutes=3))
    redeem_claim(town, at, made)
