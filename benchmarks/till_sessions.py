"""A till as the counter's page is one: a signed-in session that scans, accepts the price, confirms. Times itself."""

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from itertools import count
from urllib.parse import urlencode
from uuid import UUID, uuid4

import sqlalchemy as sa

import ledger
from benchmarks.kept_line import Answer, KeptLine
from panel_app.programme.models import Till
from tests.journeys.furniture import PASSWORD, STORE_USER
from tests.journeys.shop import Shop

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
STEPS = ("scan + quote", "reserve", "Confirm")


def opened_till(shop: Shop, frames: Sequence[bytes]) -> "TillSession":
    """A fresh till of Berlin's, signed in."""
    code = shop.till()
    with shop.database.session() as session, ledger.read(session):
        till_id = session.scalars(sa.select(Till.id).where(Till.code == code)).one()
    return TillSession(shop.url, till_id, frames)


@dataclass(slots=True)
class _Page:
    """What a page of the session puts into its requests."""

    cookies: dict[str, str]
    token: str = ""

    def headers(self) -> dict[str, str]:
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        return {
            "Cookie": cookies,
            "X-CSRFToken": self.token,
            "Accept": "text/html",
            "Countermark-Fragment": "1",
        }


class TillSession:
    """One till; `redeem` shows its camera the next of its claims."""

    def __init__(self, url: str, till_id: UUID, frames: Sequence[bytes]) -> None:
        self._line = KeptLine(url)
        self._page = _Page(cookies={})
        self._frames = frames
        self._turns = count()
        self._new_token()
        self._ask("/sign-in", {"username": STORE_USER, "password": PASSWORD})
        self._new_token()
        self._ask("/sign-in/place", {"till_id": str(till_id)})

    def redeem(self) -> tuple[dict[str, float], str | None]:
        """Seconds of each step that was answered as it should be, and what was not."""
        taken: dict[str, float] = {}
        shown = self._timed(
            taken, 0, "claim", "/counter/frames", self._frames[next(self._turns) % len(self._frames)]
        )
        if isinstance(shown, str):
            return taken, shown
        form = {"visit_id": _field(shown, "visit_id"), "claim_id": _field(shown, "claim_id"), "units": "1"}
        due = self._timed(taken, 1, "amount-due", "/counter/redemptions", _form(form))
        if isinstance(due, str):
            return taken, due
        path = _found(r'action="(/counter/redemptions/[^"]+/confirm)"', due)
        paid = {"tender-0-type": "cash", "tender-0-amount": "4.50"}
        done = self._timed(taken, 2, "done", path, _form(paid))
        return taken, done if isinstance(done, str) else None

    def _timed(self, taken: dict[str, float], step: int, state: str, path: str, body: bytes) -> Answer | str:
        began = time.perf_counter()
        answer = self._post(path, body, FORM if step else {"Content-Type": "image/jpeg"})
        if answer.header("Countermark-State") != state:
            return f"{STEPS[step]}: {answer.status} {answer.header('Countermark-State')}"
        taken[STEPS[step]] = time.perf_counter() - began
        return answer

    def _new_token(self) -> None:
        page = self._line.ask("GET", "/sign-in", b"", self._page.headers())
        self._keep_cookies(page)
        self._page.token = _found(r'csrf[-_]token" (?:content|value)="([^"]+)"', page)

    def _ask(self, path: str, form: dict[str, str]) -> None:
        answer = self._post(path, urlencode(form).encode(), FORM)
        if answer.status != HTTPStatus.FOUND:
            raise RuntimeError(f"{path} was answered {answer.status}")

    def _post(self, path: str, body: bytes, headers: dict[str, str]) -> Answer:
        answer = self._line.ask("POST", path, body, self._page.headers() | headers)
        self._keep_cookies(answer)
        return answer

    def _keep_cookies(self, answer: Answer) -> None:
        for name, value in re.findall(rb"(?im)^set-cookie: ([^=]+)=([^;\r]*)", answer.head):
            self._page.cookies[name.decode()] = value.decode()


def _form(fields: dict[str, str]) -> bytes:
    return urlencode({"key": str(uuid4())} | fields).encode()


def _field(answer: Answer, name: str) -> str:
    return _found(rf'name="{name}" value="([^"]+)"', answer)


def _found(pattern: str, answer: Answer) -> str:
    found = re.search(pattern, answer.body.decode())
    if found is None:
        raise RuntimeError(f"{answer.status}: nothing there like {pattern}")
    return found.group(1)
