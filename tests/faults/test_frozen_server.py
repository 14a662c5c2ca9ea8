"""The server stands still for seconds in the middle of Confirm: tills give up waiting, ask again, and pay once."""

import os
import signal
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.faults.journals import disagreements
from tests.faults.traffic import Till, load, open_tills, questions_of, settle
from tests.journeys.shop import Shop, open_shop

TILLS = 8
FROZEN_SECONDS = 3.0


def freeze_under_load(shop: Shop, tills: Sequence[Till], times: int) -> None:
    """The tills wait for one second, and ask again for nine more."""
    for till in tills:
        till.timeout_seconds, till.patience_seconds = 1.0, 10.0
    with load(tills):
        for _ in range(times):
            time.sleep(0.7)
            os.kill(shop.process_id, signal.SIGSTOP)
            time.sleep(FROZEN_SECONDS)
            os.kill(shop.process_id, signal.SIGCONT)
        time.sleep(0.7)


@pytest.mark.parametrize(
    ("kind", "times"),
    [
        ("postgresql", 1),
        pytest.param("sqlite", 10, marks=pytest.mark.long),
        pytest.param("postgresql", 10, marks=pytest.mark.long),
    ],
)
def test_what_was_asked_of_a_frozen_server_several_times_is_done_once(
    request: pytest.FixtureRequest, tmp_path: Path, kind: str, times: int
) -> None:
    with open_shop(tmp_path, request.getfixturevalue(f"{kind}_url")) as shop:
        tills = open_tills(shop, TILLS)
        freeze_under_load(shop, tills, times)
        settle(tills)
        questions = questions_of(tills)

        assert sum(till.unanswered for till in tills) >= TILLS * times  # each till was kept waiting
        assert max(one.seconds for one in questions) >= FROZEN_SECONDS - 1
        assert [till.statuses for till in tills] == [[]] * TILLS
        assert disagreements(shop, questions) == []
