"""What is remembered of a key, by one request after the other; twins in flight are in test_races.py."""

import hashlib

import pytest
import sqlalchemy as sa
from cryptography.exceptions import InvalidTag

import ledger
from ledger import Database, Keyring, ManualClock, OutcomeStatus, Request, Session, StoredOutcome
from ledger.models import outcomes
from tests.conftest import NOON
from tests.ledger.books import MEMBER

REQUEST = Request(client="till-1", operation="confirm", key="k-1", fingerprint=b"of 30 points")
OTHER_BODY = Request(client="till-1", operation="confirm", key="k-1", fingerprint=b"of 31 points")


def remember(session: Session, answer: bytes, request: Request = REQUEST) -> None:
    def step() -> None:
        assert ledger.claim_key(session, request) is None
        ledger.remember_success(session, request, answer, MEMBER)

    ledger.transact(session, step)


def test_the_same_key_gets_the_same_answer(session: Session, clock: ManualClock):
    remember(session, b'{"booking":"B1-1"}')
    expected = StoredOutcome(
        status=OutcomeStatus.SUCCESS, answer=b'{"booking":"B1-1"}', member_id=MEMBER, created_at=NOON
    )

    replayed = ledger.transact(session, lambda: ledger.claim_key(session, REQUEST))

    assert replayed == expected
    with ledger.read(session):
        assert ledger.by_key(session, "till-1", "confirm", "k-1") == expected
        assert ledger.by_key(session, "till-2", "confirm", "k-1") is None
        assert ledger.by_key(session, "till-1", "cancel", "k-1") is None


def test_a_refusal_is_remembered_with_what_its_step_had_done_undone(session: Session):
    def step() -> None:
        assert ledger.claim_key(session, REQUEST) is None
        savepoint = ledger.Savepoint(session)
        ledger.open_house(session)
        savepoint.undo()
        ledger.remember_refusal(session, REQUEST, b"not_enough_points", None)

    ledger.transact(session, step)

    replayed = ledger.transact(session, lambda: ledger.claim_key(session, REQUEST))
    assert replayed == StoredOutcome(
        status=OutcomeStatus.REFUSAL, answer=b"not_enough_points", member_id=None, created_at=NOON
    )
    with ledger.read(session):
        assert session.scalar(sa.text("SELECT count(*) FROM accounts")) == 0


def test_the_outer_of_two_savepoints_undoes_the_inner_one_too(session: Session):
    def step() -> None:
        outer = ledger.Savepoint(session)
        ledger.open_house(session)
        ledger.Savepoint(session)
        outer.undo()

    ledger.transact(session, step)

    with ledger.read(session):
        assert session.scalar(sa.text("SELECT count(*) FROM accounts")) == 0


def test_another_body_under_the_key_is_refused_and_nothing_is_written(session: Session):
    remember(session, b"first")

    def step() -> None:
        ledger.claim_key(session, OTHER_BODY)
        ledger.open_house(session)

    with pytest.raises(ledger.KeyReused):
        ledger.transact(session, step)

    with ledger.read(session):
        assert session.scalar(sa.text("SELECT count(*) FROM accounts")) == 0
        assert session.scalars(sa.select(outcomes.c.fingerprint)).all() == [REQUEST.fingerprint]


def test_a_step_that_failed_leaves_its_key_free(session: Session):
    def fails() -> None:
        ledger.claim_key(session, REQUEST)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        ledger.transact(session, fails)

    remember(session, b"second try")


def test_only_a_claimed_key_has_an_outcome_and_only_once(session: Session):
    with pytest.raises(RuntimeError, match="1 rows of outcomes were to be written, and 0 were"):
        ledger.transact(session, lambda: ledger.remember_success(session, REQUEST, b"", None))

    remember(session, b"first")

    with pytest.raises(RuntimeError, match="1 rows of outcomes were to be written, and 0 were"):
        ledger.transact(session, lambda: ledger.remember_success(session, REQUEST, b"second", None))


def test_a_key_that_was_committed_without_an_outcome_is_in_use_and_verify_finds_it(session: Session):
    ledger.transact(session, lambda: ledger.claim_key(session, REQUEST))

    with pytest.raises(ledger.KeyInUse):
        ledger.transact(session, lambda: ledger.claim_key(session, REQUEST))

    with ledger.read(session):
        assert [(finding.invariant, finding.id) for finding in ledger.verify(session)] == [("I9", "k-1")]


def test_answers_are_sealed_with_a_key_outside_the_database(session: Session, database: Database):
    remember(session, b"the member's voucher code")

    with ledger.read(session):
        stored = session.scalars(sa.select(outcomes.c.answer)).one()
    assert b"voucher" not in stored
    stranger = Database(
        database.engine.url.render_as_string(hide_password=False),
        clock=database.clock,
        keyring=Keyring(b"another secret of enough bytes..."),
    )
    with stranger.session() as other, ledger.read(other), pytest.raises(InvalidTag):
        ledger.by_key(other, "till-1", "confirm", "k-1")
    stranger.dispose()


def test_an_answer_sealed_as_they_were_at_first_is_still_given_again(session: Session):
    remember(session, b"first")
    purpose = "outcome\x1ftill-1\x1fconfirm\x1fold"
    with ledger.read(session):
        first = session.execute(sa.select(outcomes)).mappings().one()
    old = {**first, "key": "old", "answer": session.keyring.encrypt(purpose, b"as it was")}
    ledger.transact(session, lambda: session.execute(sa.insert(outcomes).values(old)))

    with ledger.read(session):
        assert ledger.by_key(session, "till-1", "confirm", "old").answer == b"as it was"


def test_an_answer_copied_to_another_key_does_not_open(session: Session):
    remember(session, b"mine")
    other = Request(client="till-1", operation="confirm", key="k-2", fingerprint=b"f")

    def forge() -> None:
        ledger.claim_key(session, other)
        copied = sa.select(outcomes.c.answer).where(outcomes.c.key == "k-1").scalar_subquery()
        session.execute(
            sa.update(outcomes).where(outcomes.c.key == "k-2").values(status="success", answer=copied)
        )

    ledger.transact(session, forge)

    with ledger.read(session), pytest.raises(InvalidTag):
        ledger.by_key(session, "till-1", "confirm", "k-2")


def test_a_body_is_known_by_the_key_and_by_nothing_that_can_be_tried_out():
    bodies = [b'{"pin":"123456"}', b'{"pin":"123457"}']
    mine, other = (
        Keyring(b"one secret that the tests alone know"),
        Keyring(b"another secret that they alone know"),
    )
    known = {ledger.fingerprint(keyring, body) for keyring in (mine, other) for body in bodies}
    assert len(known) == 4
    assert ledger.fingerprint(mine, bodies[0]) in known
    assert not known & {hashlib.sha256(body).digest() for body in bodies}
