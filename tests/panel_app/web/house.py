"""The panel in use: browsers of the world's people, at tills that are enrolled. Decides nothing."""

from dataclasses import dataclass, field
from uuid import UUID

import pytest
from flask import Flask

from ledger import Database
from panel_app.programme import branches
from panel_app.programme.access import Actor
from tests.panel_app.programme.shop import Shop
from tests.panel_app.web.browser import TILL_DEVICE, Browser
from tests.panel_app.world import SEED, World

# For a module or a test whose answer could differ between the two kinds of database.
on_both = pytest.mark.parametrize("kind", ["sqlite", "postgresql"])


@dataclass(slots=True)
class House:
    """An app on a database with the world of world.py; `shop` does what people do without a browser."""

    app: Flask
    database: Database
    shop: Shop
    devices: dict[UUID, str] = field(default_factory=dict)

    @property
    def world(self) -> World:
        return self.shop.world

    def browser(self) -> Browser:
        """A new browser in which nobody has signed in."""
        return Browser.of(self.app)

    def signed_in(self, username: str) -> Browser:
        """A browser in which somebody has signed in and chosen no place."""
        opened = self.browser()
        assert opened.sign_in(username).location == "/sign-in/place"
        return opened

    def at_till(self, username: str, till: Actor | None = None) -> Browser:
        """The browser that is the till's device, with somebody signed in at it."""
        till_id = (till or self.world.berlin).till()
        opened = self.signed_in(username)
        opened.put_cookie(self._device(till_id), TILL_DEVICE)
        chosen = opened.post("/sign-in/place", {"till_id": str(till_id)})
        assert chosen.location == "/counter", f"{chosen.status} {chosen.headers}"
        return opened

    def member(self) -> Browser:
        """Lena's phone."""
        opened = self.browser()
        assert opened.sign_in_member().location == "/me"
        return opened

    def _device(self, till_id: UUID) -> str:
        if till_id not in self.devices:
            self.devices[till_id] = branches.enrol_till(self.shop.session, SEED, till_id)
        return self.devices[till_id]
