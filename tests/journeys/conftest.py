"""Browsers, a running shop and watched pages for the journeys. A missing Chromium is a failure, never a skip.

Whatever a page writes to the console as an error fails its test, except the refusals that the counter asked for.
"""

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Playwright,
    StorageState,
    ViewportSize,
    expect,
    sync_playwright,
)

from tests.conftest import TEMPLATE, _named
from tests.journeys import cameras
from tests.journeys.faces import Counter, Phone, sign_in, take_till
from tests.journeys.shop import Shop, free_port, open_shop

LAUNCH = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
DESK = ViewportSize(width=1280, height=800)
PHONE = ViewportSize(width=390, height=844)
ANSWER_MS_MAX = 10_000
# A refusal is an answer with a status, which Chromium writes down as a failed load.
REFUSAL = re.compile(r"responded with a status of (4(?!00|03|05)\d\d)")

expect.set_options(timeout=ANSWER_MS_MAX)


@pytest.fixture(scope="session")
def chromium() -> str:
    path = shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        pytest.fail("the journeys need Chromium, and there is none in PATH; see script/setup --tests")
    return path


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="session")
def launch(playwright: Playwright, chromium: str) -> Callable[..., Browser]:
    """A browser with further arguments."""

    def start(*arguments: str) -> Browser:
        return playwright.chromium.launch(executable_path=chromium, args=[*LAUNCH, *arguments])

    return start


@pytest.fixture(scope="session")
def devtools_port() -> int:
    """Where the browser without a camera takes keys past Playwright."""
    return free_port()


@pytest.fixture(scope="session")
def browser(launch: Callable[..., Browser], devtools_port: int) -> Iterator[Browser]:
    """A browser without a camera, where the scanner and the keys do the work."""
    started = launch(f"--remote-debugging-port={devtools_port}")
    yield started
    started.close()


@pytest.fixture(scope="session")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the fake webcam plays."""
    file = tmp_path_factory.mktemp("camera") / "counter.mjpeg"
    cameras.show(file, None)
    return file


@pytest.fixture(scope="session")
def browser_with_camera(launch: Callable[..., Browser], film: Path) -> Iterator[Browser]:
    started = launch(
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-video-capture={film}",
    )
    yield started
    started.close()


@pytest.fixture(scope="session")
def shop(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """The shop on SQLite; the books hold after all that happened in it."""
    folder = tmp_path_factory.mktemp("shop")
    shutil.copyfile(sqlite_template, folder / "countermark.db")
    with open_shop(folder, f"sqlite:///{folder}/countermark.db") as opened:
        yield opened
        verified = opened.command("verify")
        assert (verified.returncode, verified.stdout.splitlines()[:1]) == (0, ["The books hold."])


@pytest.fixture(scope="session")
def postgresql_shop(postgresql_server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with psycopg.connect(postgresql_server, autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE journeys TEMPLATE {TEMPLATE}")
    with open_shop(tmp_path_factory.mktemp("shop"), _named(postgresql_server, "journeys")) as opened:
        yield opened


@pytest.fixture(params=["sqlite", "postgresql"])
def each_shop(request: pytest.FixtureRequest) -> Shop:
    """The shop on each kind of database."""
    name = "shop" if request.param == "sqlite" else "postgresql_shop"
    opened: Shop = request.getfixturevalue(name)
    return opened


class Pages:
    """Opens pages in contexts of their own and notes what goes wrong in them."""

    def __init__(self) -> None:
        self.faults: list[str] = []
        self.expected = REFUSAL
        self._contexts: list[BrowserContext] = []

    def open(self, browser: Browser, **options: Any) -> Page:
        context = browser.new_context(**({"viewport": DESK, "locale": "en-IE"} | options))
        context.set_default_timeout(ANSWER_MS_MAX)
        self._contexts.append(context)
        return self.watched(context.new_page())

    def watched(self, page: Page) -> Page:
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.faults.append(f"{page.url}: {error}"))
        return page

    def close(self) -> None:
        for context in self._contexts:
            context.close()

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not self.expected.search(message.text):
            self.faults.append(f"{message.location.get('url')}: {message.text}")


@pytest.fixture
def pages() -> Iterator[Pages]:
    opened = Pages()
    yield opened
    opened.close()
    assert opened.faults == []


@pytest.fixture(scope="session")
def signed_in(browser: Browser, shop: Shop) -> StorageState:
    """The cookies of a store user who has signed in once: argon2id for every test would take its time."""
    context = browser.new_context()
    sign_in(context.new_page(), shop, shop.till())
    state = context.storage_state()
    context.close()
    # The device of that first till stays behind: each test's browser is to be its own till's.
    state["cookies"] = [cookie for cookie in state["cookies"] if "till" not in cookie["name"]]
    return state


@pytest.fixture
def counter(pages: Pages, browser: Browser, shop: Shop, signed_in: StorageState) -> Counter:
    """A till of the test's own in Berlin, without a camera."""
    return at_a_till(pages.open(browser, storage_state=signed_in), shop)


def at_a_till(page: Page, shop: Shop) -> Counter:
    """The counter of a fresh till, in a context that is signed in already."""
    till = shop.till()
    page.goto(f"{shop.url}/sign-in/place")
    return take_till(page, shop, till)


@pytest.fixture
def phone(pages: Pages, browser: Browser, shop: Shop) -> Phone:
    return Phone(pages.open(browser, viewport=PHONE, device_scale_factor=2), shop)
