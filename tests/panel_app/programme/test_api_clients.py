"""Keys of the API: told once, kept as a hash, found by a prefix, ended by time, rotation or a word."""

from collections.abc import Callable
from datetime import timedelta

import pytest

import ledger
from panel_app.programme import api_clients, callers
from panel_app.programme.access import Permission
from panel_app.programme.api_clients import IssuedKey, NewKey
from panel_app.programme.callers import Caller
from panel_app.programme.refusals import InvalidInput, NotAllowed
from panel_app.programme.rules import Rule
from panel_app.programme.scopes import Scope, permissions_of
from tests.panel_app.programme.shop import Shop
from tests.panel_app.world import SEED


def issue(shop: Shop, **changes: object) -> IssuedKey:
    ordinary = {"client": "Market", "source": "marketplace", "scopes": frozenset({Scope.HOLDS})}
    return api_clients.issue_key(shop.session, SEED, NewKey(**(ordinary | changes)))


def caller(shop: Shop, text: str) -> Caller | None:
    with ledger.read(shop.session):
        return callers.caller_of(shop.session, text)


def test_a_key_opens_its_client_and_only_its_hash_is_kept(shop: Shop):
    issued = issue(shop, branch_ids=(shop.world.berlin.branch(),))
    found = caller(shop, issued.text)
    assert found is not None
    assert (found.source, found.scopes, found.branch_ids) == (
        "marketplace",
        {Scope.HOLDS},
        {shop.world.berlin.branch()},
    )
    secret = issued.text.split("_", 2)[2]
    assert len(issued.text) > 55
    for table in ("api_clients", "api_keys", "audit_records"):
        assert secret not in str(shop.rows(table))
    assert shop.rows("audit_records")[-1]["action"] == "api_key.issued"


@pytest.mark.parametrize(
    "wrong",
    [
        lambda text: text[:-1] + ("A" if text[-1] != "A" else "B"),
        lambda text: text.replace("cmk_", "cmx_"),
        lambda text: "cmk_000000000000_" + text.split("_", 2)[2],
        lambda text: text + "x" * 4000,
        lambda _text: "",
        lambda _text: "cmk_\x00_\x00",
        lambda _text: "cmk_é_ü",
    ],
)
def test_any_other_text_opens_nothing(shop: Shop, wrong: Callable[[str], str]):
    assert caller(shop, wrong(issue(shop).text)) is None


def test_a_key_ends_at_its_moment(shop: Shop):
    issued = issue(shop, expires_at=shop.clock.now() + timedelta(days=1))
    shop.later(days=1, seconds=-1)
    assert caller(shop, issued.text) is not None
    shop.later(seconds=1)
    assert caller(shop, issued.text) is None


def test_a_rotated_key_goes_on_for_the_overlap_and_its_client_stays_the_same(shop: Shop):
    old = issue(shop)
    new = api_clients.rotate_key(shop.session, SEED, old.prefix, timedelta(hours=1))
    before, after = caller(shop, old.text), caller(shop, new.text)
    assert before is not None
    assert after is not None
    assert before.actor("r").client == after.actor("r").client
    assert (after.scopes, after.key_id == before.key_id) == ({Scope.HOLDS}, False)
    shop.later(hours=1)
    assert caller(shop, old.text) is None
    assert caller(shop, new.text) is not None


def test_an_overlap_never_makes_a_key_last_longer(shop: Shop):
    old = issue(shop, expires_at=shop.clock.now() + timedelta(hours=1))
    api_clients.rotate_key(shop.session, SEED, old.prefix, timedelta(hours=5))
    shop.later(hours=1)
    assert caller(shop, old.text) is None


def test_a_revoked_key_is_worth_nothing_at_once_and_can_not_be_rotated(shop: Shop):
    issued = issue(shop)
    api_clients.revoke_key(shop.session, SEED, issued.prefix)
    assert caller(shop, issued.text) is None
    with shop.refused(ledger.NotFound, what="api key"):
        api_clients.rotate_key(shop.session, SEED, issued.prefix, timedelta(hours=1))
    with shop.refused(ledger.NotFound, what="api key"):
        api_clients.revoke_key(shop.session, SEED, issued.prefix)


@pytest.mark.parametrize("source", ["in-store", "member-app", "desk", "system"])
def test_a_client_can_not_call_itself_like_one_of_our_own_surfaces(shop: Shop, source: str):
    with shop.refused(InvalidInput, field="source", rule=Rule.NOT_IN_USE):
        issue(shop, source=source)


def test_a_clients_further_key_has_its_source(shop: Shop):
    issue(shop)
    assert issue(shop).prefix
    with shop.refused(InvalidInput, field="source", rule=Rule.NOT_IN_USE):
        issue(shop, source="vending")
    assert len(shop.rows("api_clients")) == 1


def test_the_last_use_is_kept_to_the_minute(shop: Shop):
    text = issue(shop).text

    def used() -> object:
        found = caller(shop, text)
        assert found is not None
        ledger.transact(shop.session, lambda: callers.note_use(shop.session, found))
        return shop.rows("api_keys")[0]["last_used_at"]

    first = used()
    shop.later(seconds=59)
    assert used() == first
    shop.later(seconds=1)
    assert used() == shop.clock.now()


def test_only_an_administrator_issues_keys(shop: Shop):
    new = NewKey(client="X", source="x", scopes=frozenset({Scope.ADMIN}))
    with shop.refused(NotAllowed, permission="administer"):
        api_clients.issue_key(shop.session, shop.world.berlin, new)


def test_no_scope_administers_and_admin_is_all_of_the_others():
    every = [permissions_of([scope]) for scope in Scope if scope is not Scope.ADMIN]
    assert permissions_of([Scope.ADMIN]) == frozenset().union(*every)
    assert Permission.ADMINISTER not in permissions_of([Scope.ADMIN])
    assert Permission.SIGNED_IN not in permissions_of([Scope.ADMIN])
