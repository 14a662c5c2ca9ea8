"""The import of lists, line by line: partners' codes for a reward, and vouchers. Draws none and shows none."""

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from itertools import islice
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from babel.numbers import get_currency_precision
from sqlalchemy.dialects import postgresql, sqlite

from ledger import NotFound, Session, new_id
from panel_app.programme import audit, external_codes, vouchers
from panel_app.programme.access import Actor, Permission
from panel_app.programme.csv_lists import ROWS_A_PORTION, Line, LineFault, NotTaken, Report, lines_of
from panel_app.programme.models import Branch, ExternalCode, Reward, Voucher
from panel_app.programme.programme_facts import tag_of
from panel_app.programme.refusals import InvalidInput
from panel_app.programme.rules import Rule
from panel_app.programme.steps import Step, plain
from scanner import CodeReason, CodeRefused, Ean8, Ean13, parse

CODE_COLUMNS = ("code",)
VOUCHER_COLUMNS = ("code", "amount", "currency", "last_day")
AMOUNT_MAX = 10**9  # in minor units: what is worth more is no voucher
# A USB scanner's burst of fewer keys is taken for a person's (LEAST_KEYS of wedge.js); longer codes are read by no
# scanner that a shop has.
CODE_LENGTH_MIN, CODE_LENGTH_MAX = 8, 200
_AMOUNT = re.compile(r"[0-9]{1,10}(\.[0-9]{1,4})?", re.ASCII)
_Rows = dict[int, dict[str, Any]]
_Judge = Callable[[Line], dict[str, Any] | LineFault]


def import_codes(session: Session, actor: Actor, sku: str, data: bytes) -> Report:
    """Take the codes of a CSV file into the list of a reward that accepts external codes.

    Good lines are taken whatever the others are; the report names each line that was not. To import a file again
    does no harm. Raises NotFound or InvalidInput.
    """

    def begin() -> tuple[UUID, str, frozenset[str]]:
        reward = session.scalar(sa.select(Reward).where(Reward.sku == sku))
        if reward is None:
            raise NotFound(what="reward")
        if not external_codes.has_list(reward):
            raise InvalidInput(field="reward", rule=Rule.EXTERNAL_CODES)
        eans = session.scalars(sa.select(Reward.ean).where(Reward.ean.is_not(None)))
        return reward.id, tag_of(session), frozenset(ean for ean in eans if ean)

    step = Step(operation="codes.import", permission=Permission.ADMINISTER)
    reward_id, tag, eans = plain(session, actor, step, begin)

    def judge(line: Line) -> dict[str, Any] | LineFault:
        code = (line.values or {}).get("code")
        if code is None:
            return LineFault.UNREADABLE
        fault = fault_of(code) or (LineFault.READS_AS_OURS if _is_ours(code, tag, eans) else None)
        return fault or {"reward_id": reward_id, **external_codes.sealed(session, code)}

    rows, faults = judged(lines_of(data, CODE_COLUMNS), judge)

    def take(portion: _Rows) -> set[bytes]:
        taken = insert_new(session, ExternalCode, portion)
        audit.record(session, actor, "codes.imported", reward=reward_id, codes=len(taken))
        return taken

    return written(rows, faults, lambda portion: plain(session, actor, step, lambda: take(portion)))


def import_vouchers(session: Session, actor: Actor, data: bytes, sku: str | None = None) -> Report:
    """Take vouchers from a CSV file; as import_codes, with amount, currency and last day beside the code.

    The amount is written as 12.50, in a currency of one of the branches; the day as 2027-12-31. With a reward they
    wait in its list and are of its worth; else they are good at once. Raises NotFound or InvalidInput.
    """

    def begin() -> tuple[frozenset[str], UUID | None, int | None]:
        if sku is None:
            return frozenset(session.scalars(sa.select(Branch.currency))), None, None
        reward = session.scalar(sa.select(Reward).where(Reward.sku == sku))
        if reward is None:
            raise NotFound(what="reward")
        if reward.voucher_currency is None:
            raise InvalidInput(field="reward", rule=Rule.VOUCHER_WORTH)
        return frozenset({reward.voucher_currency}), reward.id, reward.voucher_amount

    step = Step(operation="vouchers.import", permission=Permission.ADMINISTER)
    currencies, reward_id, worth_only = plain(session, actor, step, begin)

    def judge(line: Line) -> dict[str, Any] | LineFault:
        if line.values is None:
            return LineFault.UNREADABLE
        code, currency = line.values["code"], line.values["currency"]
        if currency not in currencies:
            return fault_of(code) or LineFault.CURRENCY
        amount, last_day = _amount(line.values["amount"], currency), _day(line.values["last_day"])
        is_worth = amount is not None and worth_only in (None, amount)
        fault = fault_of(code) or (None if is_worth else LineFault.AMOUNT)
        fault = fault or (LineFault.DATE if last_day is None else None)
        worth = {"amount": amount, "currency": currency, "last_day": last_day, "reward_id": reward_id}
        return fault or {**worth, **vouchers.sealed(session, code)}

    rows, faults = judged(lines_of(data, VOUCHER_COLUMNS), judge)

    def take(portion: _Rows) -> set[bytes]:
        taken = insert_new(session, Voucher, portion)
        audit.record(session, actor, "vouchers.imported", vouchers=len(taken), reward=reward_id)
        return taken

    return written(rows, faults, lambda portion: plain(session, actor, step, lambda: take(portion)))


def _amount(text: str, currency: str) -> int | None:
    """Minor units of an amount as 12.50; None for anything else, also for more places than the currency has."""
    places = get_currency_precision(currency)
    if not _AMOUNT.fullmatch(text):
        return None
    minor = Decimal(text).scaleb(places)
    return int(minor) if minor == int(minor) and 0 < minor <= AMOUNT_MAX else None


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def fault_of(code: str) -> LineFault | None:
    """What is wrong with the form of an imported code, if anything."""
    if not code:
        return LineFault.EMPTY
    if not CODE_LENGTH_MIN <= len(code) <= CODE_LENGTH_MAX:
        return LineFault.LENGTH
    return None if code.isprintable() else LineFault.CHARACTERS


def judged(lines: Sequence[Line], judge: _Judge) -> tuple[_Rows, list[NotTaken]]:
    """The rows of the good lines by line number, and the faults of the others."""
    rows: _Rows = {}
    faults: list[NotTaken] = []
    seen: set[bytes] = set()
    for line in lines:
        found = judge(line)
        if not isinstance(found, LineFault) and found["code_hash"] in seen:
            found = LineFault.TWICE_IN_FILE
        if isinstance(found, LineFault):
            faults.append(NotTaken(line=line.number, fault=found))
            continue
        seen.add(found["code_hash"])
        rows[line.number] = found
    return rows, faults


def written(rows: _Rows, faults: list[NotTaken], take: Callable[[_Rows], set[bytes]]) -> Report:
    """Hand the rows on in portions; those whose code was not new are told with the other faults."""
    taken: set[bytes] = set()
    for portion in _portions(rows):
        taken |= take(portion)
    known = [
        NotTaken(line=line, fault=LineFault.ALREADY_THERE)
        for line, row in rows.items()
        if row["code_hash"] not in taken
    ]
    not_taken = sorted([*faults, *known], key=lambda one: one.line)
    return Report(taken=len(taken), not_taken=tuple(not_taken))


def insert_new(session: Session, table: Any, portion: _Rows) -> set[bytes]:
    """Insert the rows whose code is new, and say which: the UNIQUE of the table decides, not a look beforehand."""
    insert = sqlite.insert if session.dialect == "sqlite" else postgresql.insert
    now = session.clock.now()
    values = [{"id": new_id(), "created_at": now, **row} for row in portion.values()]
    written_rows = session.execute(
        insert(table)
        .values(values)
        .on_conflict_do_nothing(index_elements=[table.code_hash])
        .returning(table.code_hash)
    )
    return set(written_rows.scalars())


def _portions(rows: _Rows) -> Iterator[_Rows]:
    waiting = iter(rows.items())
    while portion := dict(islice(waiting, ROWS_A_PORTION)):
        yield portion


def _is_ours(code: str, tag: str, eans: frozenset[str]) -> bool:
    """Whether a till would take the text for something else: a code of ours, a product of the catalogue."""
    if code in eans:
        return True
    try:
        return not isinstance(parse(code, tag=tag), Ean8 | Ean13)
    except CodeRefused as refused:
        return refused.reason is CodeReason.OTHER_PROGRAMME
