"""The load of the fault tests: tills that ask a served shop by plain HTTP and keep a journal of what they were told.

A till asks again with the same key until it is told something; what it gave up on stays open, for settle(). Knows
no fault: the tests make them. What the books say to all this is judged in journals.py.
"""

import contextlib
import http.client
import random
import re
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from uuid import UUID, uuid4

import sqlalchemy as sa

import ledger
from panel_app.programme import catalogue, member_codes, pricing
from panel_app.programme.models import Till as TillRow
from tests.faults.journals import EARNED, MUGS, PRICES, Asked, Price, Question
from tests.journeys.furniture import PASSWORD, SEED, STORE_USER
from tests.journeys.shop import Customer, Shop


@dataclass(slots=True)
class Till:
    """One browser at one till with one member before it; its journal is `questions`."""

    url: str
    till_id: UUID
    customer: Customer
    options: dict[Price, tuple[UUID, UUID]]  # reward and price option
    patience_seconds: float = 1.0
    timeout_seconds: float = 10.0
    questions: list[Question] = field(default_factory=list)
    unanswered: int = 0
    statuses: list[int] = field(default_factory=list)  # of what was answered as a fault
    incidents: int = 0  # those of them that named one
    visit_id: str = ""
    _token: str = ""
    _opener: urllib.request.OpenerDirector = field(
        default_factory=lambda: urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor()
        )
    )

    def sign_in(self, code: str) -> None:
        """Sign in at the till and scan the member's code with the wedge: five minutes to redeem in."""
        self._token = self._form_token()
        self._post("/sign-in", {"username": STORE_USER, "password": PASSWORD})
        self._token = self._form_token()
        self._post("/sign-in/place", {"till_id": str(self.till_id)})
        status, _state, body = self._post("/counter/codes", {"mode": "wedge", "text": code})
        found = re.search(r'data-visit="([^"]+)"', body)
        assert found is not None, f"{status} {body}"
        self.visit_id = found.group(1)

    def redeem(self, price: Price) -> None:
        """Reserve, then confirm, or cancel once in a while; stops where nobody answers."""
        reward_id, option_id = self.options[price]
        form = {
            "visit_id": self.visit_id,
            "reward_id": str(reward_id),
            "option_id": str(option_id),
            "units": "1",
        }
        reserved = self._question(Asked.RESERVE, "/counter/redemptions", form, price)
        self.ask(reserved)
        if reserved.told == "amount-due":
            self._end(reserved, Asked.CONFIRM if random.random() < 0.85 else Asked.CANCEL)

    def settle(self) -> None:
        """Ask what is still open again with the same keys, and cancel what turns out to be reserved only."""
        self.patience_seconds = 20.0
        for question in [one for one in self.questions if one.told is None]:
            self.ask(question)
            if question.told == "amount-due":
                self._end(question, Asked.CANCEL)

    def ask(self, question: Question) -> None:
        began = time.monotonic()
        while True:
            question.times += 1
            question.told = self._told(question)
            question.seconds = time.monotonic() - began
            if question.told is not None or question.seconds > self.patience_seconds:
                return
            time.sleep(0.05)

    def _end(self, reserved: Question, what: Asked) -> None:
        form = {}
        if what is Asked.CONFIRM and reserved.price.cents:
            form = {"tender-0-type": "cash", "tender-0-amount": f"{reserved.price.cents / 100:.2f}"}
        path = f"/counter/redemptions/{reserved.booking_id}/{what}"
        question = self._question(what, path, form, reserved.price)
        question.booking_id = reserved.booking_id
        self.ask(question)

    def _question(self, what: Asked, path: str, form: dict[str, str], price: Price) -> Question:
        question = Question(
            what=what,
            path=path,
            form={"key": str(uuid4())} | form,
            price=price,
            member_id=self.customer.id,
        )
        self.questions.append(question)
        return question

    def _told(self, question: Question) -> str | None:
        try:
            status, state, body = self._post(question.path, question.form)
        except (OSError, http.client.HTTPException):
            self.unanswered += 1
            return None
        if status >= 500:
            self.statuses.append(status)
            self.incidents += "Tell your support this number" in body
            return None
        reason = re.search(r'data-reason="([^"]+)"', body)
        if reason is not None and reason.group(1) == "key_in_use":
            return None
        booking = re.search(r"B1-[0-9A-Z]+", body)
        if booking is not None and question.what is Asked.RESERVE:
            question.booking_id = booking.group()
        return state if reason is None else reason.group(1)

    def _form_token(self) -> str:
        with self._opener.open(f"{self.url}/sign-in", timeout=self.timeout_seconds) as answer:
            found = re.search(r'csrf[-_]token" (?:content|value)="([^"]+)"', answer.read().decode())
        assert found is not None
        return found.group(1)

    def _post(self, path: str, form: dict[str, str]) -> tuple[int, str | None, str]:
        request = urllib.request.Request(  # noqa: S310 - our own http address
            self.url + path,
            urllib.parse.urlencode(form).encode(),
            {"X-CSRFToken": self._token, "Countermark-Fragment": "1", "Accept": "text/html"},
        )
        try:
            answer = self._opener.open(request, timeout=self.timeout_seconds)
        except urllib.error.HTTPError as refused:
            answer = refused
        with answer:
            return answer.status, answer.headers.get("Countermark-State"), answer.read().decode()


def open_tills(
    shop: Shop, number: int, members: int = 4, url: str = "", kind: type[Till] = Till
) -> list[Till]:
    """Signed-in tills, several to a member, so that they meet on a balance as well as on the stock of mugs."""
    customers = [shop.customer(points=EARNED) for _ in range(members)]
    with shop.database.session() as session:
        catalogue.receive_stock(session, SEED, shop.branch_ids["BER"], shop.reward_ids["MUG"], MUGS - 500)
    with shop.database.session() as session, ledger.read(session):
        prices = pricing.prices_of(session, [shop.reward_ids[price.sku] for price in PRICES])
    options = {
        price: (reward_id, prices[reward_id][price.option].option_id)
        for price in PRICES
        for reward_id in [shop.reward_ids[price.sku]]
    }
    tills = []
    for position in range(number):
        code = shop.till()
        with shop.database.session() as session:
            owner = customers[position % members].id
            phone = ledger.transact(session, lambda owner=owner: member_codes.add_device(session, owner))  # type: ignore[misc]
            with ledger.read(session):
                till_id = session.scalars(sa.select(TillRow.id).where(TillRow.code == code)).one()
        customer = replace(customers[position % members], device_id=phone)
        tills.append(kind(url or shop.url, till_id, customer, options))
        tills[-1].sign_in(shop.member_code(customer))
    return tills


@contextmanager
def load(tills: Sequence[Till]) -> Iterator[None]:
    """Every till redeems, each in a thread of its own, until the block ends; a till's own fault is raised."""
    over = threading.Event()

    def work(till: Till) -> None:
        while not over.is_set():
            till.redeem(random.choice(PRICES))

    with ThreadPoolExecutor(len(tills)) as pool:
        working = [pool.submit(work, till) for till in tills]
        try:
            yield
        finally:
            over.set()
        for one in working:
            one.result(60)


def settle(tills: Sequence[Till]) -> None:
    """Every till asks what it was never told again, with the same keys."""
    with ThreadPoolExecutor(len(tills)) as pool:
        list(pool.map(Till.settle, tills))


def questions_of(tills: Sequence[Till]) -> list[Question]:
    return [question for till in tills for question in till.questions]


def wait_until_ready(url: str, seconds: float = 30.0) -> None:
    give_up_at = time.monotonic() + seconds
    while True:
        with contextlib.suppress(OSError, http.client.HTTPException):
            urllib.request.urlopen(f"{url}/readyz", timeout=5).close()  # noqa: S310 - our own http address
            return
        assert time.monotonic() < give_up_at, "the server did not come back"
        time.sleep(0.05)
