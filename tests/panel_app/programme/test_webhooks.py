"""Webhook endpoints: who may have one, what it is owed, and how its secret is kept and changed."""

from datetime import timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa

import ledger
from ledger import NotFound, new_id
from panel_app.programme import webhook_faces, webhooks
from panel_app.programme.api_clients import NewKey, issue_key
from panel_app.programme.models import WebhookEndpoint
from panel_app.programme.refusals import InvalidInput, NotAllowed
from panel_app.programme.rules import Rule
from panel_app.programme.scopes import Scope
from panel_app.programme.webhook_terms import EventType
from panel_app.programme.webhooks import MadeEndpoint, NewEndpoint
from tests.panel_app.programme.shop import Shop
from tests.panel_app.world import SEED

EVERYTHING = frozenset(EventType)


@pytest.fixture(autouse=True)
def _market(shop: Shop) -> None:
    issue_key(
        shop.session, SEED, NewKey(client="Market", source="marketplace", scopes=frozenset({Scope.HOLDS}))
    )


def add(
    shop: Shop, url: str = "https://market.example/hook", events: frozenset[EventType] = EVERYTHING
) -> MadeEndpoint:
    return webhooks.add_endpoint(shop.session, SEED, NewEndpoint(client="Market", url=url, events=events))


def secrets_in_force(shop: Shop) -> tuple[str, ...]:
    with ledger.read(shop.session):
        return webhooks.secrets_of(shop.session, shop.session.scalars(sa.select(WebhookEndpoint)).one())


def test_a_secret_is_told_once_and_is_nowhere_in_the_database(shop: Shop):
    made = add(shop)
    assert made.secret.startswith("whsec_")
    assert len(made.secret) == 50
    assert secrets_in_force(shop) == (made.secret,)
    (row,) = shop.rows("webhook_endpoints")
    everything = str(row) + str(shop.rows("audit_records"))
    assert made.secret not in everything
    assert made.secret.removeprefix("whsec_") not in everything


def test_a_rotated_secret_signs_beside_the_new_one_until_the_overlap_ends(shop: Shop):
    made = add(shop)
    new = webhooks.rotate_secret(shop.session, SEED, made.id, timedelta(hours=24))
    shop.later(hours=23, minutes=59)
    assert secrets_in_force(shop) == (new, made.secret)
    shop.later(minutes=1)
    assert secrets_in_force(shop) == (new,)


@pytest.mark.parametrize(
    "url",
    [
        *(
            "http://market.example/hook",
            "ftp://market.example/",
            "market.example",
            "https://",
            "",
            "https:///x",
        ),
        *("https://user:secret@market.example/", "https://market.example/#part", "https://market.example:x/"),
        *(
            "https://market.example:0/",
            "https://market.example/a b",
            "https://märkte.example/",
            "https://[::1/",
        ),
        *("https://market.example/\r\nHost: inside", "https://market.example/" + "a" * 500),
    ],
)
def test_an_address_that_is_not_https_or_is_more_than_an_address_is_refused(shop: Shop, url: str):
    with shop.refused(InvalidInput, field="url", rule=Rule.HTTPS_ADDRESS):
        add(shop, url)
    assert shop.rows("webhook_endpoints") == []


@pytest.mark.parametrize(
    "url",
    [
        *("https://127.0.0.1/", "https://10.1.2.3/hook", "https://[::1]/", "https://169.254.169.254/latest"),
        *("https://localhost/hook", "https://market.localhost/", "https://[::ffff:10.0.0.1]/"),
    ],
)
def test_an_address_that_leads_inside_is_refused_as_it_is_written(shop: Shop, url: str):
    with shop.refused(InvalidInput, field="url", rule=Rule.OUTSIDE_ADDRESS):
        add(shop, url)
    assert shop.rows("webhook_endpoints") == []


def test_a_name_that_was_found_to_lead_inside_is_refused_and_one_that_leads_outside_is_not(shop: Shop):
    def named(*addresses: str) -> NewEndpoint:
        return NewEndpoint(
            client="Market", url="https://market.example/", events=EVERYTHING, addresses=addresses
        )

    with shop.refused(InvalidInput, field="url", rule=Rule.OUTSIDE_ADDRESS):
        webhooks.add_endpoint(shop.session, SEED, named("93.184.215.14", "192.168.1.5"))
    webhooks.add_endpoint(shop.session, SEED, named("93.184.215.14"))
    assert len(shop.rows("webhook_endpoints")) == 1


def test_a_secret_is_told_once_for_its_wish(shop: Shop):
    new = NewEndpoint(client="Market", url="https://market.example/", events=EVERYTHING)
    made = webhooks.add_endpoint_once(shop.session, SEED, "wish", new)
    assert secrets_in_force(shop) == (made.text,)
    again = webhooks.add_endpoint_once(shop.session, SEED, "wish", new)
    assert (again.name, again.text) == (made.name, None)
    assert len(shop.rows("webhook_endpoints")) == 1
    day = timedelta(days=1)
    rotated = webhooks.rotate_secret_once(shop.session, SEED, "turn", UUID(made.name), day)
    assert webhooks.rotate_secret_once(shop.session, SEED, "turn", UUID(made.name), day).text is None
    assert secrets_in_force(shop) == (rotated.text, made.text)


def test_an_unknown_client_no_event_and_an_unknown_endpoint_are_refused(shop: Shop):
    with shop.refused(NotFound, what="api client"):
        webhooks.add_endpoint(
            shop.session, SEED, NewEndpoint(client="Nobody", url="https://a.example/", events=EVERYTHING)
        )
    with shop.refused(InvalidInput, field="event", rule=Rule.REQUIRED):
        add(shop, events=frozenset())
    with shop.refused(NotFound, what="webhook endpoint"):
        webhooks.disable(shop.session, SEED, new_id())


def test_an_operator_adds_none(shop: Shop):
    with shop.refused(NotAllowed, permission="administer"):
        webhooks.add_endpoint(
            shop.session,
            shop.world.berlin,
            NewEndpoint(client="Market", url="https://a.example/", events=EVERYTHING),
        )


def test_the_list_says_where_what_goes_and_how_it_stands(shop: Shop):
    made = add(shop, events=frozenset({EventType.CLAIM_ISSUED}))
    webhooks.disable(shop.session, SEED, made.id)
    with ledger.read(shop.session):
        (face,) = webhook_faces.endpoints(shop.session, SEED)
    assert (face.id, face.client, face.url) == (made.id, "Market", "https://market.example/hook")
    assert (face.events, face.state, face.since) == ([EventType.CLAIM_ISSUED], "disabled", shop.clock.now())
    assert (face.pending, face.failed) == (0, 0)
