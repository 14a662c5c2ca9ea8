"""A code in view → its answer on the screen: real Chromium and the server on one machine. Knows no line in between.

The page's camera is a canvas that shows a webcam's pictures, so that the moment at which a code comes into view is
known to the page that measures. `--reads N` codes, each another one; `--view NAME` in one view.
"""

from __future__ import annotations

import argparse
import base64
import random
import shutil
import statistics
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import alembic.command
from playwright.sync_api import Browser, Page, sync_playwright
from rich.console import Console
from rich.table import Table

from scanner import qr_png
from tests.conftest import alembic_config
from tests.journeys import cameras
from tests.journeys.faces import Counter, sign_in
from tests.journeys.shop import Shop, open_shop

PICTURES = 2
AT_REST_MS = (400, 1400)

CAMERA = """
  const canvas = Object.assign(document.createElement("canvas"), { width: 1280, height: 720 });
  const paint = canvas.getContext("2d", { alpha: false });
  let showing = [], at = 0, sighted = null;
  const draw = () => {
    if (showing.length) paint.drawImage(showing[at++ % showing.length], 0, 0);
    if (sighted && !sighted.at) sighted.at = performance.now();
  };
  setInterval(draw, 33);
  navigator.mediaDevices.getUserMedia = async () => canvas.captureStream(30);
  window.framesAt = [];
  const send = window.fetch;
  window.fetch = (url, options) => {
    if (String(url).endsWith("/counter/frames")) window.framesAt.push(performance.now());
    return send(url, options);
  };
  const open = (jpegs) => Promise.all(jpegs.map(async (jpeg) => {
    const image = Object.assign(new Image(), { src: `data:image/jpeg;base64,${jpeg}` });
    await image.decode();
    return createImageBitmap(image);
  }));
  window.lay = async (jpegs) => { showing = await open(jpegs); };
  window.timeToAnswer = async (jpegs) => {
    const pictures = await open(jpegs);
    const answered = new Promise((resolve) => {
      new MutationObserver((_all, observer) => {
        if (document.body.dataset.state !== "claim") return;
        observer.disconnect();
        // What was put into the page in this turn is painted with the next one.
        requestAnimationFrame(() => resolve(performance.now()));
      }).observe(document.body, { attributeFilter: ["data-state"] });
    });
    sighted = {};
    showing = pictures;
    draw();
    const seen = sighted.at;
    const ms = (await answered) - seen;
    return { ms, frames: window.framesAt.filter((moment) => moment >= seen).length };
  };
"""


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--reads", type=int, default=30)
    parser.add_argument("--view", choices=VIEWS, action="append", help="again for another; without it, all")
    asked = parser.parse_args()
    with shop() as opened, chromium() as browser:
        found = [(name, *measured(browser, opened, VIEWS[name], asked.reads)) for name in asked.view or VIEWS]
    print_table(found)


VIEWS = {
    "good light": cameras.GOOD,
    "dim, blurred, noisy": cameras.DIM,
    "small, tilted, glare": cameras.SMALL,
}


def measured(browser: Browser, opened: Shop, view: cameras.View, reads: int) -> tuple[list[float], list[int]]:
    """Milliseconds and frames of each read."""
    page = browser.new_context(locale="en-IE").new_page()
    page.add_init_script(CAMERA)
    counter = sign_in(page, opened, opened.till())
    page.evaluate("jpegs => lay(jpegs)", BARE)
    answers = [_read_once(counter, opened, view) for _ in range(reads)]
    page.context.close()
    return [answer["ms"] for answer in answers], [answer["frames"] for answer in answers]


def _read_once(counter: Counter, opened: Shop, view: cameras.View) -> dict[str, Any]:
    page: Page = counter.page
    code = opened.claim(opened.customer(points=120), "COFFEE").code
    jpegs = pictures(qr_png(code), view)
    page.wait_for_timeout(random.uniform(*AT_REST_MS))
    answer: dict[str, Any] = page.evaluate("jpegs => timeToAnswer(jpegs)", jpegs)
    page.evaluate("jpegs => lay(jpegs)", BARE)
    page.keyboard.press("Escape")
    counter.is_in("ready")
    return answer


def pictures(code_png: bytes | None, view: cameras.View = cameras.GOOD) -> list[str]:
    return [base64.b64encode(jpeg).decode() for jpeg in cameras.film(code_png, view, PICTURES)]


BARE = pictures(None)


def print_table(found: list[tuple[str, list[float], list[int]]]) -> None:
    table = Table(title="code in view → answer on the screen")
    for name in ("view", "reads", "p50 ms", "p95 ms", "slowest", "first hit within frames"):
        table.add_column(name, justify="right")
    for name, ms, frames in found:
        p95 = statistics.quantiles(ms, n=20)[-1]
        table.add_row(
            name,
            str(len(ms)),
            f"{statistics.median(ms):.0f}",
            f"{p95:.0f}",
            f"{max(ms):.0f}",
            str(max(frames)),
        )
    Console(width=100).print(table)


@contextmanager
def shop() -> Iterator[Shop]:
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/countermark.db"
        alembic.command.upgrade(alembic_config(url), "head")
        with open_shop(Path(folder), url) as opened:
            yield opened


@contextmanager
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        yield browser
        browser.close()


if __name__ == "__main__":
    main()
