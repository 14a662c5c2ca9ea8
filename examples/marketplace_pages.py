"""The marketplace in a browser: the catalogue, and what became of an order. Decides nothing.

SURFACE_KEY=… python -m examples.marketplace_pages
"""

import html
import os
import urllib.parse
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from uuid import uuid4

from examples.countermark_client import Refused, Unanswered
from examples.marketplace_orders import Marketplace, SoldOut
from examples.redeeming import Surface, points_price
from examples.voucher_stock import VoucherStock

FORM_BYTES_MAX = 4096
VOUCHERS = Path(__file__).with_name("vouchers.csv")
_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Marketplace</title>
<meta name="viewport" content="width=device-width"><h1>Marketplace</h1>{}</html>"""
_FORM = """<form method="post"><input type="hidden" name="wish" value="{wish}">
<p><label>The code on your phone, as in “ABCD 123456”: <input name="code" required autocomplete="off"></label></p>
{rewards}</form>"""
_REWARD = '<p><button name="reward" value="{id}">{name} for {points} points</button> {description}</p>'


def catalogue_page(marketplace: Marketplace) -> str:
    """The catalogue with the order's wish in it: a second press asks for the same order, not for a second one."""
    rewards = [
        _REWARD.format(points=points_price(reward), **_escaped(reward, "id", "name", "description"))
        for reward in marketplace.surface.rewards()
    ]
    return _FORM.format(wish=uuid4(), rewards="".join(rewards))


def order_page(marketplace: Marketplace, form: dict[str, str]) -> str:
    """What became of an order, in words."""
    try:
        sold = marketplace.order(form["wish"], form["reward"], code=form["code"])
    except SoldOut:
        said = "The last one has just gone. Your points were released."
    except Refused as refused:
        said = str(refused)
    except Unanswered:
        said = "It is not known yet whether this was done. Reload this page: it is done once."
    else:
        said = (
            f"Your voucher: {sold.voucher}. {sold.points} points were taken, {sold.balance_after} are left. "
            f"Booking {sold.booking_id}."
        )
    return f'<p role="status">{html.escape(said)}</p><p><a href="/">Catalogue</a></p>'


class Pages(BaseHTTPRequestHandler):
    """One visitor's request; `marketplace` is set on the class that serves."""

    marketplace: Marketplace

    def do_GET(self) -> None:
        self._answer(lambda: catalogue_page(self.marketplace))

    def do_POST(self) -> None:
        stated = self.headers.get("Content-Length", "")
        length = int(stated) if stated.isdecimal() else 0
        if not 0 < length <= FORM_BYTES_MAX:
            self.send_error(413)
            return
        form = dict(urllib.parse.parse_qsl(self.rfile.read(length).decode(errors="replace")))
        if not form.keys() >= {"wish", "reward", "code"}:
            self.send_error(400)
            return
        self._answer(lambda: order_page(self.marketplace, form))

    def _answer(self, page: Callable[[], str]) -> None:
        try:
            content = page()
        except (Refused, Unanswered) as fault:
            content = f'<p role="status">{html.escape(str(fault))}</p>'
        body = _PAGE.format(content).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Security-Policy", "default-src 'none'; form-action 'self'")
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing is logged: what members type is theirs."""


def served(marketplace: Marketplace, port: int) -> ThreadingHTTPServer:
    """A server of these pages on the loopback address."""
    pages = type("MarketplacePages", (Pages,), {"marketplace": marketplace})
    return ThreadingHTTPServer(("127.0.0.1", port), pages)


def _escaped(reward: dict[str, str], *names: str) -> dict[str, str]:
    return {name: html.escape(reward[name]) for name in names}


def main() -> None:
    file = Path(os.environ.get("MARKETPLACE_STOCK", "var/marketplace.db"))
    file.parent.mkdir(parents=True, exist_ok=True)
    stock = VoucherStock.opened(file)
    stock.fill_from(VOUCHERS)
    marketplace = Marketplace(surface=Surface.from_environment(), stock=stock)
    marketplace.settle()
    port = int(os.environ.get("MARKETPLACE_PORT", "8010"))
    with served(marketplace, port) as server:
        print(
            f"The marketplace is at http://127.0.0.1:{port}, with {stock.count()} vouchers in stock.",
            flush=True,
        )
        server.serve_forever()


if __name__ == "__main__":
    main()
