"""The two surfaces as programs, started as their README says, with the key in the environment."""

import os
import re
import shlex
import subprocess
import sys
import urllib.request
from pathlib import Path

from examples.redeeming import Surface
from tests.examples.conftest import surface_of
from tests.journeys.shop import ROOT, Shop, free_port

README = (ROOT / "examples" / "README.md").read_text(encoding="utf-8")


def words_of(module: str) -> list[str]:
    """The README's command line for a module, with this Python."""
    command = re.search(rf"\.venv/bin/python (-m examples\.{module})\n", README)
    assert command is not None
    return [sys.executable, *shlex.split(command.group(1))]


def environment(surface: Surface, **more: str) -> dict[str, str]:
    own = {
        "PANEL_URL": surface.api.url,
        "SURFACE_KEY": surface.api.key,
        "SURFACE_TILL": f"{surface.branch}/{surface.till}",
    }
    return dict(os.environ) | own | more


def test_the_vending_machine_runs_as_a_program(lived_in: Shop, tmp_path: Path) -> None:
    member = lived_in.customer(points=1000)
    code = lived_in.claim(member, "FLOWERS").short_code
    done = subprocess.run(
        words_of("vending_machine"),
        cwd=ROOT,
        env=environment(surface_of(lived_in, "vending-machine"), MACHINE_FOLDER=str(tmp_path / "machine")),
        input=f"\n{code}\n\n{code}\n",
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("Take it out below.") == 1
    assert done.stdout.count("(already_redeemed)") == 1
    assert lived_in.available(member) == 200


def test_the_marketplace_runs_as_a_program(lived_in: Shop, tmp_path: Path) -> None:
    surface, port = surface_of(lived_in, "marketplace"), free_port()
    more = {"MARKETPLACE_PORT": str(port), "MARKETPLACE_STOCK": str(tmp_path / "shelf" / "stock.db")}
    with subprocess.Popen(
        words_of("marketplace_pages"),
        cwd=ROOT,
        env=environment(surface, **more),
        stdout=subprocess.PIPE,
        text=True,
    ) as started:
        try:
            assert started.stdout is not None
            said = f"The marketplace is at http://127.0.0.1:{port}, with 4 vouchers in stock.\n"
            assert started.stdout.readline() == said
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=20) as answer:
                assert "Flat white for 120 points" in answer.read().decode()
        finally:
            started.terminate()
