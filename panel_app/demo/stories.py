"""What happens to the first members on purpose, so that every state has somebody who is in it.

Each story is told of one member by index; a demo with fewer members leaves out the others. Begun on the first
days, it is ended on the last, and between them only the ordinary members come to the counter.
"""

from collections.abc import Callable, Sequence
from datetime import timedelta

from panel_app.demo.at_counter import AtTill, redeem_claim, redeem_reward, think_better, walk_away
from panel_app.demo.shops import ACTOR, LENA
from panel_app.demo.town import DAYS, Town
from panel_app.programme import catalogue, claim_expiry, claiming, suspension
from panel_app.programme.terms import EntryMode

ANNA, ELIF, JONAS, OLIVIA, PIOTR, KHAI, LAYLA, KATHARINA, SAMUEL, ZOFIA = range(10)
MAX, MEHMET, GRACE = 11, 12, 13
CAST = 14
ENTRIES_MAX = 60
"""More entries than the last days make, to leave room for them."""

Story = Callable[[Town], None]


def begin(town: Town) -> None:
    """The first day, one story after the other."""
    _tell(town, _FIRST, day=1, each=0.05)


def end(town: Town) -> None:
    """The day before today, and the last forty minutes."""
    _tell(town, _YESTERDAY, day=DAYS - 1, each=0.05)
    town.clock.set(max(town.clock.now(), town.now - timedelta(minutes=40)))
    for index, story in _TODAY:
        if index < len(town.member_ids):
            story(town)
            town.clock.advance(timedelta(minutes=4))
    with town.database.session() as session:
        catalogue.withdraw_reward(session, ACTOR, town.reward_ids["SOAP"])
        while closed := claim_expiry.expire_past(session, ACTOR):
            town.count.add(closed)  # what runs out by then was charged: each makes an entry


def _tell(town: Town, stories: Sequence[tuple[int, Story]], *, day: float, each: float) -> None:
    for number, (index, story) in enumerate(stories):
        if index < len(town.member_ids):
            town.go_to(day + number * each)
            story(town)


def _bread_and_coffee_that_nobody_fetches(town: Town) -> None:
    """The bread's points are forfeited, the coffee's come back."""
    town.give(KHAI, 750)
    town.claim(KHAI, "BREAD")
    town.claim(KHAI, "COFFEE")


def _last_mug_of_hamburg(town: Town) -> None:
    town.give(MEHMET, 1300)
    made = town.claim(MEHMET, "MUG")
    town.clock.advance(timedelta(minutes=20))
    redeem_claim(town, AtTill(shop=town.shop("HAM"), mode=EntryMode.WEDGE), made)


def _book_for_points_and_cash(town: Town) -> None:
    town.give(GRACE, 1640)
    made = town.claim(GRACE, "BOOK", option_id=town.mix_of("BOOK"))
    town.clock.advance(timedelta(hours=1))
    redeem_claim(town, AtTill(shop=town.shop("LON"), till=1, mode=EntryMode.TYPED), made)


def _soap_before_it_is_withdrawn(town: Town) -> None:
    town.give(ZOFIA, 1000)
    town.claim(ZOFIA, "SOAP")


def _rich(town: Town) -> None:
    town.give(ANNA, 24_000)
    town.give(ANNA, 500, expires_in=12)


def _flowers_with_too_few_points_left(town: Town) -> None:
    town.give(MAX, 920)
    town.claim(MAX, "FLOWERS")
    town.claim(MAX, "BREAD")


def _just_short_of_a_mug(town: Town) -> None:
    town.give(ELIF, 680)
    town.give(ELIF, 200, expires_in=20)


def _own_account_of_an_operator(town: Town) -> None:
    town.give(LENA, 2_120)
    town.claim(LENA, "COFFEE")


def _loaf_for_berlin_only(town: Town) -> None:
    town.give(JONAS, 1_410)
    town.claim(JONAS, "BREAD")


def _suspended_with_a_claim(town: Town) -> None:
    town.give(PIOTR, 2_700)
    town.claim(PIOTR, "MUG")
    with town.database.session() as session:
        suspension.suspend(session, ACTOR, town.member_ids[PIOTR])


def _flowers_taken_back(town: Town) -> None:
    town.give(LAYLA, 1_050)
    made = town.claim(LAYLA, "FLOWERS")
    with town.database.session() as session:
        claiming.cancel_claim(session, ACTOR, made.id)


def _code_given_anew(town: Town) -> None:
    town.give(KATHARINA, 1_930)
    made = town.claim(KATHARINA, "BOOK")
    with town.database.session() as session:
        claiming.replace_claim(session, ACTOR, made.id)


def _umbrella_before_the_rain(town: Town) -> None:
    town.give(SAMUEL, 1_900)
    town.claim(SAMUEL, "UMBRELLA")


def _claims_to_choose_from(town: Town) -> None:
    town.claim(ANNA, "COFFEE")
    town.claim(ANNA, "MUSEUM")
    town.claim(ANNA, "MUG", option_id=town.mix_of("MUG"))


def _two_of_five_tickets(town: Town) -> None:
    made = town.claim(ANNA, "CINEMA", quantity=5)
    redeem_claim(town, AtTill(shop=town.shop("BER"), till=1), made, units=2)


def _cake_with_the_last_points(town: Town) -> None:
    town.give(OLIVIA, 260)
    redeem_claim(town, AtTill(shop=town.shop("LON")), town.claim(OLIVIA, "CAKE"))


def _coffee_at_the_counter(town: Town) -> None:
    redeem_reward(town, AtTill(shop=town.shop("BER"), operator=2, mode=EntryMode.WEDGE), JONAS, "COFFEE")


def _cake_of_hamburg(town: Town) -> None:
    made = town.claim(MEHMET, "CAKE", option_id=town.mix_of("CAKE"))
    redeem_claim(town, AtTill(shop=town.shop("HAM"), till=1, operator=1), made)


def _coffee_in_london(town: Town) -> None:
    redeem_reward(town, AtTill(shop=town.shop("LON"), till=1, mode=EntryMode.PHOTO), GRACE, "COFFEE")


def _nothing_after_all(town: Town) -> None:
    think_better(town, AtTill(shop=town.shop("BER"), till=2), JONAS)


def _gone_before_the_end(town: Town) -> None:
    walk_away(town, AtTill(shop=town.shop("LON")), GRACE)


_FIRST: Sequence[tuple[int, Story]] = (
    (ANNA, _rich),
    (KHAI, _bread_and_coffee_that_nobody_fetches),
    (MEHMET, _last_mug_of_hamburg),
    (GRACE, _book_for_points_and_cash),
    (ZOFIA, _soap_before_it_is_withdrawn),
)
_YESTERDAY: Sequence[tuple[int, Story]] = (
    (ELIF, _just_short_of_a_mug),
    (LENA, _own_account_of_an_operator),
    (JONAS, _loaf_for_berlin_only),
    (PIOTR, _suspended_with_a_claim),
    (LAYLA, _flowers_taken_back),
    (KATHARINA, _code_given_anew),
    (SAMUEL, _umbrella_before_the_rain),
    (MAX, _flowers_with_too_few_points_left),
    (ANNA, _claims_to_choose_from),
)
_TODAY: Sequence[tuple[int, Story]] = (
    (ANNA, _two_of_five_tickets),
    (OLIVIA, _cake_with_the_last_points),
    (JONAS, _coffee_at_the_counter),
    (MEHMET, _cake_of_hamburg),
    (GRACE, _coffee_in_london),
    (JONAS, _nothing_after_all),
    (GRACE, _gone_before_the_end),
)
