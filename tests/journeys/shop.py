"""A running panel with a small world made by the public use cases: real process, real database, known keys.

Two branches: Berlin Mitte with cash and card, Hamburg Altona beside it. Each test gets its own till and members.
"""

import itertools
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import UUID

import ledger
from ledger import Credit, Database, EarnKind, Keyring, MemberId, Points, SystemClock
from panel_app.programme import (
    access,
    branches,
    claiming,
    member_codes,
    members,
    pricing,
    suspension,
)
from panel_app.programme.access import Actor
from panel_app.programme.claiming import ClaimOrder, MadeClaim
from panel_app.programme.models import MemberDevice
from scanner import code_at, member_code_text
from tests.journeys.furniture import SEED, furnish

ROOT = Path(__file__).resolve().parents[2]
SECRET = "0b7d5c1e9a3f48266d8e41c09f5b2a73"
PIN = "260117"

_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """A member of one test, with the phone that the test itself holds the secret of."""

    id: MemberId
    external_id: str
    handle: str
    device_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    """The running panel and the database behind it."""

    url: str
    process_id: int
    database: Database
    folder: Path
    environment: dict[str, str]
    branch_ids: dict[str, UUID]
    reward_ids: dict[str, UUID]

    def reached_as(self, host: str) -> "Shop":
        """The same panel under another name of the host."""
        return replace(self, url=self.url.replace("127.0.0.1", host))

    def customer(self, points: int = 0, name: str = "Sofia Lindgren") -> Customer:
        """A fresh member with so many points."""
        external_id = f"M{next(_numbers):05}"
        with self.database.session() as session:
            member_id = members.enrol(session, SEED, external_id=external_id, name=name, pin=PIN)
            if points:
                earned = Credit(member_id=member_id, points=Points(points), kind=EarnKind.PROGRAMME_RULE)
                ledger.transact(session, lambda: ledger.credit(session, SEED.origin(), earned))
            device_id = ledger.transact(session, lambda: member_codes.add_device(session, member_id))
            with ledger.read(session):
                handle = members.member_by_id(session, member_id).handle
        return Customer(id=member_id, external_id=external_id, handle=handle, device_id=device_id)

    def suspend(self, customer: Customer) -> None:
        with self.database.session() as session:
            suspension.suspend(session, SEED, customer.id)

    def claim(self, customer: Customer, sku: str, *, option: int = 0, quantity: int = 1) -> MadeClaim:
        """The member claims a reward on the phone, at its price with this position."""
        phone = Actor(client="phone", source="member-app", permissions=access.MEMBER, member_id=customer.id)
        with self.database.session() as session:
            with ledger.read(session):
                reward_id = self.reward_ids[sku]
                options = pricing.prices_of(session, [reward_id])[reward_id]
            order = ClaimOrder(
                member_id=customer.id,
                reward_id=reward_id,
                option_id=options[option].option_id,
                quantity=quantity,
            )
            return claiming.make_claim(session, phone, str(ledger.new_id()), order)

    def till(self, branch: str = "BER") -> str:
        """The code of a fresh till."""
        code = str(next(_numbers))
        with self.database.session() as session:
            branches.create_till(
                session, SEED, branch_id=self.branch_ids[branch], code=code, name=f"Till {code}"
            )
        return code

    def member_code(self, customer: Customer, *, seconds_ago: int = 0) -> str:
        """What the member's phone shows now, or showed then."""
        with self.database.session() as session, ledger.read(session):
            device = session.get_one(MemberDevice, customer.device_id)
            secret = session.keyring.decrypt("member device", device.secret_cipher)
            step, digits = code_at(secret, int(session.clock.now().timestamp()) - seconds_ago)
        return member_code_text(tag="CM", handle=customer.handle, step_seconds=step, digits=digits)

    def available(self, customer: Customer) -> int:
        with self.database.session() as session, ledger.read(session):
            return int(ledger.balance_of(session, customer.id).available)

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        """A command of the product beside the running server."""
        return subprocess.run(
            [sys.executable, "-m", "panel_app", *words],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )


@contextmanager
def open_shop(folder: Path, database_url: str, **settings: str) -> Iterator[Shop]:
    """Serve a migrated, empty database with this module's world in it and these settings, until the block ends."""
    database = Database(database_url, clock=SystemClock(), keyring=Keyring(SECRET.encode()))
    branch_ids, reward_ids = furnish(database)
    port = free_port()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COUNTERMARK_")}
    environment |= {
        "DATABASE_URL": database_url,
        "PORT": str(port),
        "COUNTERMARK_SECRET": SECRET,
        "COUNTERMARK_WEBHOOKS_TO_LOOPBACK": "true",
        "PYTHONPATH": str(ROOT),
    } | settings
    with (folder / "server.log").open("wb") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "panel_app", "serve"], cwd=folder, env=environment, stdout=log, stderr=log
        )
    try:
        url = f"http://127.0.0.1:{port}"
        _wait(url, server, folder / "server.log")
        yield Shop(
            url=url,
            process_id=server.pid,
            database=database,
            folder=folder,
            environment=environment,
            branch_ids=branch_ids,
            reward_ids=reward_ids,
        )
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(30)
        database.dispose()


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(url: str, server: "subprocess.Popen[bytes]", log: Path) -> None:
    give_up_at = time.monotonic() + 30
    while True:
        try:
            urllib.request.urlopen(f"{url}/sign-in", timeout=5).close()  # noqa: S310 - our own http address
        except urllib.error.URLError as fault:
            if server.poll() is not None or time.monotonic() > give_up_at:
                raise RuntimeError(f"the server did not start: {log.read_text()}") from fault
            time.sleep(0.05)
        else:
            return
