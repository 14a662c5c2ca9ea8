"""The demo data: one town of fifty members on SQLite, looked at from all sides; a smaller one on PostgreSQL."""

import json
import shutil
import stat
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

import ledger
from ledger import Database, Keyring, ManualClock, Session
from panel_app.demo import DemoLogins, NotEmptyError, seed
from panel_app.programme import branches, member_codes, members, operators, programme_facts
from panel_app.programme.access import BRANCH_MANAGER, STORE_USER, Actor
from panel_app.programme.models import (
    AuditRecord,
    Branch,
    Claim,
    Member,
    Operator,
    Redemption,
    Reward,
    RewardBranch,
    StockLevel,
    Tender,
    Till,
)
from scanner import Ean13, parse

NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
KEYRING = Keyring(b"a secret that only the tests know")
ENTRIES = 320
NOBODY = Actor(client="test", source="test", permissions=frozenset())


class Town:
    """What the seed left behind, and what it said."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.database = database
        self.folder = folder
        self.reports: list[int] = []
        self.logins: DemoLogins | None = None

    def fill(self, *, members: int, entries: int) -> DemoLogins:
        return seed(
            self.database,
            members=members,
            entries=entries,
            report=self.reports.append,
            logins_file=self.folder / "var" / "demo.json",
        )


@pytest.fixture(scope="module")
def town(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    folder = tmp_path_factory.mktemp("demo")
    shutil.copyfile(sqlite_template, folder / "countermark.db")
    url = f"sqlite:///{folder}/countermark.db"
    database = Database(url, clock=ManualClock(NOW), keyring=KEYRING)
    filled = Town(database, folder)
    filled.logins = filled.fill(members=50, entries=ENTRIES)
    yield filled
    database.dispose()


@pytest.fixture
def session(town: Town) -> Iterator[Session]:
    with town.database.session() as opened, ledger.read(opened):
        yield opened


def member_named(session: Session, name: str) -> Member:
    return session.scalars(sa.select(Member).where(Member.name == name)).one()


def available(session: Session, name: str) -> int:
    return ledger.balance_of(session, ledger.MemberId(member_named(session, name).id)).available


def claims_of(session: Session, name: str) -> set[tuple[str, str]]:
    """SKU and status of each of a member's claims."""
    rows = session.execute(
        sa.select(Reward.sku, Claim.status)
        .join(Claim, Claim.reward_id == Reward.id)
        .where(Claim.member_id == member_named(session, name).id)
    )
    return {(row.sku, row.status) for row in rows}


def test_the_books_of_the_demo_hold(session: Session) -> None:
    assert ledger.verify(session) == []


def test_the_database_is_marked_as_a_demo(session: Session) -> None:
    programme = programme_facts.programme_of(session)
    assert programme is not None
    assert (programme.demo, programme.tag) == (True, "CM")
    assert programme_facts.secret_fits(session)


def test_there_are_exactly_the_entries_asked_for_and_each_is_reported_once(
    town: Town, session: Session
) -> None:
    assert session.scalar(sa.text("SELECT count(*) FROM entries")) == ENTRIES
    assert sum(town.reports) == ENTRIES


def test_the_history_goes_back_three_months_and_not_into_the_future(session: Session) -> None:
    days = set(session.scalars(sa.text("SELECT substr(created_at, 1, 10) FROM entries")))
    assert min(days) < "2025-12-06"
    assert max(days) == "2026-03-02"
    assert len(days) > 60
    newest = session.scalars(sa.select(sa.func.max(AuditRecord.at))).one()
    assert newest <= NOW


def test_three_branches_have_two_currencies_and_two_zones(session: Session) -> None:
    rows = session.scalars(sa.select(Branch).order_by(Branch.code)).all()
    assert [(b.code, b.currency, b.time_zone, b.direct_redemption, b.tender_types) for b in rows] == [
        ("BER", "EUR", "Europe/Berlin", True, ["cash", "card", "voucher"]),
        ("HAM", "EUR", "Europe/Berlin", False, ["cash"]),
        ("LON", "GBP", "Europe/London", True, ["cash", "card"]),
    ]
    tills = Counter(session.scalars(sa.select(Branch.code).join(Till, Till.branch_id == Branch.id)))
    assert tills == {"BER": 3, "HAM": 2, "LON": 2}


def test_every_staff_login_signs_in_and_has_its_duty(town: Town) -> None:
    assert town.logins is not None
    duties = {}
    with town.database.session() as session:
        for login in town.logins.staff:
            operator_id = operators.sign_in(session, NOBODY, login.username, login.password)
            for code in login.branches:
                with ledger.read(session):
                    branch_id = branches.branch_by_code(session, code)
                    duty = operators.duty_of(session, operator_id, branch_id)
                assert duty is not None
                duties[login.username, code] = duty.permissions
    assert duties["tarek", "BER"] == duties["tarek", "HAM"] == STORE_USER
    assert duties["ruth", "HAM"] == duties["imogen", "LON"] == BRANCH_MANAGER
    assert ("mara", "HAM") not in duties
    assert {code for name, code in duties if name == "admin"} == {"BER", "HAM", "LON"}


def test_one_operator_is_a_member_too(session: Session) -> None:
    lena = member_named(session, "Lena Brandt")
    assert session.scalars(sa.select(Operator.username).where(Operator.member_id == lena.id)).all() == [
        "lena"
    ]


def test_a_member_login_signs_in_on_the_phone_and_shows_a_code(town: Town) -> None:
    assert town.logins is not None
    first = town.logins.members[0]
    assert (first.external_id, first.login.identifier) == ("M10001", "anna.schneider@example.com")
    with town.database.session() as session:
        phone = member_codes.sign_in_phone(session, NOBODY, first.login.identifier, first.login.pin)
        with ledger.read(session):
            shown = member_codes.shown_code(session, ledger.MemberId(phone.member_id), phone.device_id)
    assert shown.text.startswith("M1-CM")


def test_the_balances_are_spread(session: Session) -> None:
    names = ("Anna Schneider", "Olivia Bennett", "Lena Brandt", "Samuel Okafor")
    assert [available(session, name) for name in names] == [15_680, 0, 2_000, 800]
    elif_ = members.member_by_external_id(session, "M10002")  # 20 points short of a mug
    assert ledger.balance_of(session, elif_).available == 880
    statuses = Counter(session.scalars(sa.select(Member.status)))
    assert statuses == {"active": 49, "suspended": 1}


def test_points_of_several_members_end_within_thirty_days(session: Session) -> None:
    month = NOW + timedelta(days=30)
    ending = [
        member_id
        for member_id in session.scalars(sa.select(Member.id))
        if any(
            due.expires_at < month for due in ledger.balance_of(session, ledger.MemberId(member_id)).expiring
        )
    ]
    assert len(ending) > 10


def test_every_state_of_a_claim_has_a_known_member(session: Session) -> None:
    assert claims_of(session, "Anna Schneider") == {
        ("COFFEE", "issued"),
        ("MUG", "issued"),
        ("MUSEUM", "issued"),
        ("CINEMA", "part_redeemed"),
    }
    assert claims_of(session, "Olivia Bennett") == {("CAKE", "redeemed")}
    assert claims_of(session, "Nguyễn Thị Minh Khai") == {("BREAD", "expired"), ("COFFEE", "expired")}
    assert claims_of(session, "ليلى الحداد") == {("FLOWERS", "cancelled")}
    assert claims_of(session, "Katharina Weiß") == {("BOOK", "replaced"), ("BOOK", "issued")}
    assert claims_of(session, "Samuel Okafor") == {("UMBRELLA", "issued")}
    assert claims_of(session, "Zofia Dąbrowska") == {("SOAP", "issued")}
    statuses = set(session.scalars(sa.select(Claim.status)))
    assert statuses == {"issued", "part_redeemed", "redeemed", "expired", "cancelled", "replaced"}


def test_two_of_five_tickets_and_a_cake_were_handed_over_today(session: Session) -> None:
    tickets = session.scalars(sa.select(Claim).where(Claim.status == "part_redeemed")).one()
    assert (tickets.quantity, tickets.spent) == (5, 2)
    today = session.scalars(
        sa.select(Redemption).where(Redemption.closed_at > NOW - timedelta(hours=1))
    ).all()
    assert {redemption.status for redemption in today} == {"completed", "cancelled", "expired"}
    assert len({redemption.branch_id for redemption in today}) == 3


def test_redemptions_are_of_every_kind(session: Session) -> None:
    redemptions = session.scalars(sa.select(Redemption)).all()
    assert {one.status for one in redemptions} == {"completed", "cancelled", "expired"}
    assert {one.entry_mode for one in redemptions} == {"camera", "wedge", "typed", "photo"}
    assert len({one.till_id for one in redemptions}) == 7
    rows = session.execute(sa.select(Tender.type, Tender.currency))
    assert {("cash", "EUR"), ("cash", "GBP"), ("card", "EUR")} <= {(row.type, row.currency) for row in rows}


def test_fourteen_rewards_have_pictures_and_their_own_rules(session: Session) -> None:
    rewards = {reward.sku: reward for reward in session.scalars(sa.select(Reward))}
    assert len(rewards) == 14
    shown = {reward.picture for sku, reward in rewards.items() if sku not in {"MUSEUM", "GIFT"}}
    assert len(shown) == 12  # a museum's ticket looks like a cinema's, a voucher like a bag
    pictures = Path(branches.__file__).parents[1] / "static" / "rewards"
    assert all((pictures / f"{reward.picture}.svg").is_file() for reward in rewards.values())
    assert rewards["SOAP"].status == "withdrawn"
    assert rewards["FLOWERS"].charge_at == "counter"
    assert rewards["COFFEE"].daily_limit == 2
    assert str(rewards["UMBRELLA"].valid_from) == "2026-03-12"
    only = session.scalars(sa.select(RewardBranch.branch_id)).all()
    assert only == [branches.branch_by_code(session, "BER")]


def test_every_ean_has_its_check_digit_and_belongs_to_nobody(session: Session) -> None:
    eans = [ean for ean in session.scalars(sa.select(Reward.ean)) if ean is not None]
    assert len(eans) == 4
    assert all(isinstance(parse(ean, tag="CM"), Ean13) and ean.startswith("2") for ean in eans)


def test_mugs_are_out_of_stock_at_hamburg_only(session: Session) -> None:
    rows = session.execute(
        sa.select(Branch.code)
        .join(StockLevel, StockLevel.branch_id == Branch.id)
        .join(Reward, Reward.id == StockLevel.reward_id)
        .where(Reward.sku == "MUG", StockLevel.on_hand - StockLevel.reserved == 0)
    ).scalars()
    assert list(rows) == ["HAM"]


def test_the_logins_are_written_for_the_owner_alone(town: Town) -> None:
    file = town.folder / "var" / "demo.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    written = json.loads(file.read_text(encoding="utf-8"))
    assert town.logins is not None
    assert written == json.loads(json.dumps(asdict(town.logins)))
    assert set(written) == {"staff", "members"}
    assert set(written["staff"][0]) == {"username", "password", "roles", "branches", "pin"}
    assert set(written["members"][0]) == {"external_id", "login"}
    assert set(written["members"][0]["login"]) == {"identifier", "pin"}
    assert len(written["members"]) == 25


def test_a_second_seed_is_refused_and_changes_nothing(town: Town, session: Session) -> None:
    before = (town.folder / "var" / "demo.json").read_bytes()
    with pytest.raises(NotEmptyError):
        town.fill(members=3, entries=10)
    assert session.scalar(sa.select(sa.func.count()).select_from(Member)) == 50
    assert (town.folder / "var" / "demo.json").read_bytes() == before


def test_a_small_town_on_postgresql_keeps_its_books(postgresql_url: str, tmp_path: Path) -> None:
    database = Database(postgresql_url, clock=ManualClock(NOW), keyring=KEYRING)
    Town(database, tmp_path).fill(members=8, entries=110)
    with database.session() as session, ledger.read(session):
        assert ledger.verify(session) == []
        assert session.scalar(sa.text("SELECT count(*) FROM entries")) == 110
        assert session.scalar(sa.select(sa.func.max(Member.external_id))) == "M10008"
    database.dispose()
