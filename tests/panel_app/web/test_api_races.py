"""The API and the counter at once on one balance, and what the time of an answer tells a stranger; with controls."""

import statistics
import threading
import time
from collections.abc import Callable

import pytest
from flask import request

from ledger import Session
from panel_app.programme import redemptions
from panel_app.programme.access import Actor
from panel_app.programme.refusals import CodeNotAccepted
from panel_app.programme.scopes import Scope
from panel_app.web.api import keys
from panel_app.web.api.operations import Operation
from scanner import new_reward_code
from tests.panel_app.programme.presses import outcomes_of, told
from tests.panel_app.web.house import House, on_both
from tests.panel_app.web.program import Program, code_of

EACH = 300
PRESSES = 12
ROUNDS = 25


@on_both
def test_programs_and_tills_together_are_granted_exactly_what_is_there(house: House) -> None:
    program, shop = Program.of(house, Scope.HOLDS), house.shop
    order = shop.direct(house.world.tea)
    wish = {"member_id": str(house.world.lena), "points": EACH, "reference": "race", "ttl_seconds": 600}

    def ask(number: int) -> Callable[[Session], object]:
        return lambda _session: program.post("/holds", wish, key=f"race-{number}").status_code

    def press(number: int) -> Callable[[Session], object]:
        key = f"press-{number}"
        return lambda session: redemptions.reserve(session, house.world.berlin, key, order)

    acts = [act for number in range(PRESSES) for act in (ask(number), press(number))]
    found = outcomes_of(house.database, acts)
    by_program = [one for one in found if isinstance(one, int)]
    by_till = told([one for one in found if not isinstance(one, int)])
    assert set(by_program) <= {201, 409}
    assert set(by_till) <= {"done", "NotEnoughPoints"}
    assert by_program.count(201) + by_till["done"] == 5000 // EACH
    assert shop.balance() == (5000 % EACH, 5000 - 5000 % EACH)


def test_control_who_looks_at_the_balance_first_grants_too_much(house: House) -> None:
    program = Program.of(house, Scope.HOLDS)
    path, looked = f"/members/{house.world.lena}/balance", threading.Barrier(2 * PRESSES)

    def look(_session: Session) -> int:
        available: int = program.get(path).get_json()["available"]
        looked.wait(20)
        return int(available >= EACH)

    assert sum(outcomes_of(house.database, [look] * (2 * PRESSES))) > 5000 // EACH


@on_both
def test_the_same_key_from_many_threads_is_one_hold(house: House) -> None:
    program = Program.of(house, Scope.HOLDS)
    wish = {"member_id": str(house.world.lena), "points": EACH, "reference": "race"}

    def ask(_session: Session) -> tuple[int, bytes]:
        answer = program.post("/holds", wish, key="one-wish")
        return answer.status_code, answer.data

    answers = outcomes_of(house.database, [ask] * 8)
    assert sorted({status for status, _body in answers}) == [200, 201]
    assert [status for status, _body in answers].count(201) == 1
    assert len({body for _status, body in answers}) == 1
    assert house.shop.balance() == (5000 - EACH, EACH)


def seconds(program: Program, code: str) -> float:
    began = time.perf_counter()
    program.post("/redemptions/quote", {"branch": "BER", "code": code})
    return time.perf_counter() - began


def ratio(program: Program, good: str, bad: str) -> float:
    """How much longer the slower of the two takes, by the medians of interleaved calls."""
    pairs = [(seconds(program, good), seconds(program, bad)) for _ in range(ROUNDS)]
    medians = [statistics.median(one) for one in zip(*pairs, strict=True)]
    return max(medians) / min(medians)


def test_who_may_not_know_about_codes_hears_one_answer_in_one_time(house: House) -> None:
    stranger = Program.of(house, Scope.POINTS, Scope.HOLDS)
    good = house.shop.claim(house.world.mug).code
    codes = [good, new_reward_code("CM").text, new_reward_code("XX").text, "nonsense", "https://evil.example"]
    answers = [stranger.post("/redemptions/quote", {"branch": "BER", "code": code}) for code in codes]
    assert {code_of(one) for one in answers} == {(404, "code_not_accepted")}
    problems = [one.get_json() | {"request_id": ""} for one in answers]
    assert problems == [problems[0]] * len(codes)
    assert min(ratio(stranger, good, codes[1]) for _attempt in range(3)) < 1.3


def test_control_an_api_that_looks_at_the_code_first_tells_by_its_time(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    stranger, entitled = Program.of(house, Scope.POINTS), Program.of(house, Scope.REDEMPTIONS)
    good = house.shop.claim(house.world.mug).code
    admit = keys.admit

    def leaky(operation: Operation) -> Actor:
        try:
            return admit(operation)
        except CodeNotAccepted:
            # Whoever parses first and goes on with what has the right tag: the answer is the same, the time is not.
            if request.get_json()["code"].startswith("R1CM"):
                entitled.post("/redemptions/quote", request.get_json())
            raise

    monkeypatch.setattr(keys, "admit", leaky)
    assert min(ratio(stranger, good, new_reward_code("XX").text) for _attempt in range(3)) > 1.3
