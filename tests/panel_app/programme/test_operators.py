"""Staff users: signing in, the lock that all processes share, and what each may do where."""

import pytest
from argon2 import PasswordHasher

import ledger
from ledger import NotFound
from panel_app.programme import access, member_codes, operators
from panel_app.programme.access import Permission
from panel_app.programme.operators import NewOperator
from panel_app.programme.refusals import InvalidInput, LockedOut, NotAllowed, SignInFailed
from panel_app.programme.rules import Rule
from tests.panel_app.programme.shop import Shop
from tests.panel_app.world import PASSWORD, PHONE, PIN, SEED


def new(**changes: object) -> NewOperator:
    ordinary = {
        "username": "carl",
        "display_name": "Carl Ott",
        "password": PASSWORD,
        "role": "store user",
        "branch_ids": (None,),
    }
    return NewOperator(**(ordinary | changes))


def test_a_user_signs_in_whatever_the_case_of_the_name(shop: Shop):
    assert operators.sign_in(shop.session, PHONE, " Anna ", PASSWORD) == shop.world.berlin.operator_id


@pytest.mark.parametrize(
    ("username", "password"),
    [("anna", "wrong"), ("nobody", PASSWORD), ("anna", "x" * 129), ("an\x00na", PASSWORD), ("", "")],
)
def test_every_fault_of_a_sign_in_gets_one_answer(shop: Shop, username: str, password: str):
    with shop.refused(SignInFailed):
        operators.sign_in(shop.session, PHONE, username, password)


def test_a_disabled_user_gets_the_same_answer(shop: Shop):
    operators.disable_operator(shop.session, SEED, "anna")
    with shop.refused(SignInFailed):
        operators.sign_in(shop.session, PHONE, "anna", PASSWORD)
    with ledger.read(shop.session):
        assert operators.duty_of(shop.session, shop.world.berlin.operator_id, None) is None


@pytest.mark.parametrize("username", ["anna", "nobody"])
def test_a_name_is_locked_for_five_minutes_after_five_failures_whether_it_exists_or_not(
    shop: Shop, username: str
):
    for _time in range(5):
        with pytest.raises(SignInFailed):
            operators.sign_in(shop.session, PHONE, username, "wrong")
    with shop.refused(LockedOut, seconds_left=300):
        operators.sign_in(shop.session, PHONE, username.upper(), PASSWORD)
    shop.later(minutes=5)
    with shop.refused(SignInFailed):
        operators.sign_in(shop.session, PHONE, username, "wrong")


def test_a_secret_is_verified_outside_the_transaction_that_would_keep_other_writers_waiting(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
):
    verify, inside = PasswordHasher.verify, []

    def watched(hasher: PasswordHasher, stored: str, given: str) -> bool:
        inside.append(shop.session.in_transaction())
        return verify(hasher, stored, given)

    monkeypatch.setattr(PasswordHasher, "verify", watched)
    operators.sign_in(shop.session, PHONE, "anna", PASSWORD)
    member_codes.sign_in_phone(shop.session, PHONE, "M-1", PIN)
    assert inside == [False, False]


def test_a_new_password_opens_the_lock_and_the_old_one_is_dead(shop: Shop):
    for _time in range(5):
        with pytest.raises(SignInFailed):
            operators.sign_in(shop.session, PHONE, "anna", "wrong")
    operators.reset_password(shop.session, SEED, "anna", "another horse battery")
    operators.sign_in(shop.session, PHONE, "anna", "another horse battery")
    with shop.refused(SignInFailed):
        operators.sign_in(shop.session, PHONE, "anna", PASSWORD)


def test_a_role_holds_at_its_branch_only(shop: Shop):
    anna, berlin, london = (
        shop.world.berlin.operator_id,
        shop.world.berlin.branch(),
        shop.world.london.branch(),
    )
    with ledger.read(shop.session):
        permissions = [
            operators.duty_of(shop.session, anna, branch).permissions for branch in (berlin, london, None)
        ]
        assert operators.branches_of(shop.session, anna) == {berlin}
    # Before a branch is chosen only what belongs to no branch can be done.
    assert permissions == [
        {Permission.SIGNED_IN, Permission.REDEEM, Permission.UNDO},
        set(),
        {Permission.SIGNED_IN},
    ]


def test_what_belongs_to_the_programme_is_not_held_at_one_branch(shop: Shop):
    """An administrator of one branch could else make a key for every branch."""
    operators.create_role(shop.session, SEED, "administrator", access.ADMINISTRATOR)
    berlin = shop.world.berlin.branch()
    there = new(role="administrator", branch_ids=(berlin,))
    ids = [
        operators.create_operator(shop.session, SEED, one)
        for one in (there, new(username="dora", role="administrator"))
    ]
    with ledger.read(shop.session):
        one_branch, everywhere = (operators.duty_of(shop.session, one, berlin).permissions for one in ids)
    assert everywhere == access.ADMINISTRATOR
    assert one_branch == access.ADMINISTRATOR - {
        Permission.ADMINISTER,
        Permission.VIEW_REPORTS,
        Permission.EXPIRE,
    }


@pytest.mark.parametrize(
    ("changes", "field", "rule"),
    [
        ({"password": "short"}, "password", {"rule": Rule.LENGTH, "low": 15, "high": 128}),
        ({"password": "password1234567"}, "password", {"rule": Rule.NOT_COMMON}),
        ({"username": "anna"}, "username", {"rule": Rule.NOT_IN_USE}),
        ({"username": "two words"}, "username", {"rule": Rule.LENGTH_WITHOUT_SPACES, "low": 1, "high": 64}),
        ({"display_name": " "}, "display_name", {"rule": Rule.LENGTH, "low": 1, "high": 120}),
    ],
    ids=["short", "common", "taken", "spaces", "no name"],
)
def test_a_user_of_the_wrong_form_is_refused(shop: Shop, changes: dict[str, object], field: str, rule: dict):
    with shop.refused(InvalidInput, field=field, **rule):
        operators.create_operator(shop.session, SEED, new(**changes))


def test_a_role_that_is_not_there_is_not_found(shop: Shop):
    with shop.refused(NotFound, what="role"):
        operators.create_operator(shop.session, SEED, new(role="king"))


def test_a_store_user_sets_up_nobody(shop: Shop):
    with pytest.raises(NotAllowed) as raised:
        operators.create_operator(shop.session, shop.world.berlin, new())
    assert raised.value.data() == {"permission": "administer"}
