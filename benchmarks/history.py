"""A programme's books of any size, written by SQL: entries of every type, holds and redemptions at twenty branches.

Half of the entries are redemptions at the tills, one in ten of them a program's; what is rare is one in a thousand
(on behalf), one in two thousand (a branch and an operator with little to do) or one in twenty thousand (transfers).
It has no leaves and no lots, so verify finds it wanting: it is there to be read.
"""

from functools import partial

import sqlalchemy as sa

import ledger
from benchmarks.redeeming import KEYRING, prepare
from ledger import Database, Points, Session, SystemClock
from ledger.database import engine_for
from panel_app.programme import access, branches, catalogue, operators
from panel_app.programme.catalogue import NewOption, NewReward
from panel_app.programme.models import Visit

MEMBERS = 500
PLACES = 20
PORTION = 20_000
SECONDS_BETWEEN = 20
BEGINS = "2026-01-01"
SEED = access.system("bench")


def write_history(url: str, size: int) -> None:
    """An empty database becomes a programme with so many entries, and what the planner knows of them."""
    prepare(url, MEMBERS)
    database = Database(url, clock=SystemClock(), keyring=KEYRING)
    with database.session() as session:
        _found(session)
    database.dispose()
    engine = engine_for(url)
    is_postgresql = engine.dialect.name == "postgresql"
    words = _POSTGRESQL if is_postgresql else _SQLITE
    for first in range(1, size + 1, PORTION):
        last = min(first + PORTION - 1, size)
        with engine.connect().execution_options(countermark_writes=True) as connection:
            for statement in (*_BOOKS[engine.dialect.name], *_REST):
                facts = _FACTS.format(**words, first=first, last=last, members=MEMBERS)
                connection.execute(sa.text(facts + statement.format(**words)))
            connection.commit()
    if is_postgresql:
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM ANALYZE")
    engine.dispose()


def _found(session: Session) -> None:
    """Branches with a till and an operator each, and one reward."""
    operators.create_role(session, SEED, "store user", access.STORE_USER)
    for number in range(PLACES):
        branch_id = branches.create_branch(
            session,
            SEED,
            code=f"B{number:02}",
            name=f"Branch {number}",
            city="Berlin",
            currency="EUR",
            time_zone="Europe/Berlin",
            locale="de_DE",
        )
        branches.create_till(session, SEED, branch_id=branch_id, code="1", name="Till 1")
        new = operators.NewOperator(
            username=f"operator{number:02}",
            display_name=f"Operator {number}",
            password="a benchmark's password",  # noqa: S106 - of nobody
            role="store user",
            branch_ids=(branch_id,),
        )
        operators.create_operator(session, SEED, new)
    reward = NewReward(
        sku="MUG", name="Mug", description="", terms="", picture="mug", options=[NewOption(points=Points(10))]
    )
    catalogue.create_reward(session, SEED, reward)
    ledger.transact(session, partial(_write_people, session))


def _write_people(session: Session) -> None:
    """A member for each account, and one visit that stands for all of them."""
    text = "'M-' || row_number() OVER (ORDER BY member_id)"
    handle = "CAST(member_id AS text)"
    session.execute(
        sa.text(
            "INSERT INTO members (id, external_id, handle, name, status, created_at)"
            f" SELECT member_id, {text}, {handle}, 'Member', 'active', :now FROM balances"
        ).bindparams(sa.bindparam("now", session.clock.now(), ledger.Instant()))
    )
    tables = ledger.metadata.tables
    member_id = session.scalar(sa.select(tables["members"].c.id))
    branch_id, till_id = session.execute(
        sa.select(tables["tills"].c.branch_id, tables["tills"].c.id)
    ).first() or (*(None, None),)
    now = session.clock.now()
    session.add(
        Visit(
            id=ledger.new_id(),
            member_id=member_id,
            branch_id=branch_id,
            till_id=till_id,
            proof="member_code",
            entry_mode="camera",
            opened_at=now,
            expires_at=now,
        )
    )


def _ids(template: str, names: str) -> dict[str, str]:
    return {name: template.replace("KIND", kind) for name, kind in zip(names.split(), "abcde", strict=False)}


_KEYS = "entry hold placed released redemption"
_POSTGRESQL = {
    **_ids("CAST('0190' || lpad(to_hex(n), 8, '0') || '7KIND008000000000000000' AS uuid)", _KEYS),
    "at": f"CAST('{BEGINS} 00:00:00+00' AS timestamptz) + n * interval '{SECONDS_BETWEEN} seconds'",
    "yes": "true",
    "no": "false",
    "abs": "abs",
}
_SQLITE = {
    **_ids("printf('0190%04x-%04x-7KIND00-8000-000000000000', n / 65536, n % 65536)", _KEYS),
    "at": f"strftime('%Y-%m-%dT%H:%M:%S.000000Z', '{BEGINS}', (n * {SECONDS_BETWEEN}) || ' seconds')",
    "yes": "1",
    "no": "0",
    "abs": "abs",
}
_POSTGRESQL["redeemed"] = f"CAST('{ledger.REDEEMED}' AS uuid)"
_SQLITE["redeemed"] = f"'{ledger.REDEEMED}'"
_FACTS = """
WITH RECURSIVE number(n) AS (SELECT {first} UNION ALL SELECT n + 1 FROM number WHERE n < {last}),
whose AS (SELECT member_id, account_id, row_number() OVER (ORDER BY member_id) - 1 AS m FROM balances),
place AS (
  SELECT t.branch_id, t.id AS till_id, row_number() OVER (ORDER BY b.code) - 1 AS b
  FROM tills t JOIN branches b ON b.id = t.branch_id
),
person AS (SELECT id AS operator_id, row_number() OVER (ORDER BY username) - 1 AS o FROM operators),
drawn AS (
  SELECT n, n % {members} AS m, n % 2 = 1 AS is_debit, n % 20000 = 11 AS is_transfer, n % 1000 = 7 AS is_behalf,
    n % 20 = 19 AS is_market, n % 10000 = 3 AS is_vending,
    CASE WHEN n % 4000 = 5 THEN 19 ELSE (n / 2) % 19 END AS b,
    CASE WHEN n % 4000 = 5 THEN 19 ELSE (n / 2 + n / 38) % 19 END AS o
  FROM number
),
facts AS (
  SELECT n, {at} AS at, {entry} AS entry_id, whose.member_id, whose.account_id, n / {members} + 2 AS number,
    CASE WHEN is_debit THEN -10 ELSE 10 END AS points, is_debit, is_behalf,
    CASE WHEN is_transfer THEN 'Points Transfer' WHEN is_behalf THEN 'Debit By On Behalf Redemption'
      WHEN is_debit THEN 'Debit By Redemption' WHEN n % 100 = 50 THEN 'Goodwill Credit' ELSE 'Earn' END AS type,
    CASE WHEN is_vending THEN 'vending' WHEN is_market THEN 'market' WHEN is_behalf THEN 'desk'
      WHEN is_debit THEN 'in-store' ELSE 'system' END AS source,
    CASE WHEN is_debit THEN place.branch_id END AS branch_id, CASE WHEN is_debit THEN place.till_id END AS till_id,
    CASE WHEN is_debit AND NOT is_market THEN person.operator_id END AS operator_id,
    CASE WHEN is_debit THEN 'B1-' || n END AS booking_id
  FROM drawn JOIN whose ON whose.m = drawn.m JOIN place ON place.b = drawn.b JOIN person ON person.o = drawn.o
)
"""
_LEGS = (
    "INSERT INTO postings (entry_id, line, account_id, member_id, asset, amount)"
    " SELECT entry_id, 1, account_id, member_id, 'PTS', points FROM facts"
    " UNION ALL SELECT entry_id, 2, {redeemed}, member_id, 'PTS', -points FROM facts"
)
_ENTRIES = (
    "INSERT INTO entries (id, type, kind, member_id, points, number, balance_after, lines, created_at, client,"
    " source, branch_id, till_id, operator_id, on_behalf, booking_id)"
    " SELECT entry_id, type, CASE WHEN type = 'Earn' THEN 'programme_rule' END, member_id, points, number, 10,"
    " 2, at, source, source, branch_id, till_id, operator_id, is_behalf, booking_id FROM facts"
)
# PostgreSQL takes an entry with its postings, SQLite after them.
_BOOKS = {"postgresql": [f", legs AS ({_LEGS}) {_ENTRIES}"], "sqlite": [_LEGS, _ENTRIES]}
_REST = (
    (
        "INSERT INTO holds (id, member_id, points, status, created_at, expires_at, closed_at, client, source,"
        " branch_id, till_id, operator_id, on_behalf)"
        " SELECT {hold}, member_id, 10, 'released', at, at, at, source, source, branch_id, till_id, operator_id, {no}"
        " FROM facts WHERE n % 8 = 1"
    ),
    (
        "INSERT INTO hold_events (id, hold_id, member_id, event, expires_at, created_at, client, source, branch_id,"
        " till_id, operator_id, on_behalf)"
        " SELECT {placed}, {hold}, member_id, 'held', at, at, source, source, branch_id, till_id, operator_id, {no}"
        " FROM facts WHERE n % 8 = 1"
        " UNION ALL"
        " SELECT {released}, {hold}, member_id, 'released', at, at, source, source, branch_id, till_id, operator_id,"
        " {no} FROM facts WHERE n % 8 = 1"
    ),
    (
        "INSERT INTO redemptions (id, booking_id, status, member_id, branch_id, till_id, visit_id, source, client,"
        " on_behalf, entry_mode, scanned_by, confirmed_by, entry_id, points_due, claim_points, cash_due, currency,"
        " opened_at, expires_at, closed_at)"
        " SELECT {redemption}, booking_id, 'completed', member_id, branch_id, till_id, (SELECT id FROM visits),"
        " source, source, is_behalf, 'camera', operator_id, operator_id, entry_id, 10, 0, 0, 'EUR', at, at, at"
        " FROM facts WHERE is_debit"
    ),
    (
        "INSERT INTO redemption_lines (redemption_id, number, visit_id, reward_id, option_id, units, points, cash,"
        " fulfilment)"
        " SELECT {redemption}, 1, (SELECT id FROM visits), (SELECT id FROM rewards), (SELECT id FROM price_options),"
        " 1, 10, 0, 'delivered'"
        " FROM facts WHERE is_debit"
    ),
)
