"""The document is true: its routes are the served ones, and what is answered is what it says."""

import json
import re

import pytest
from flask import Flask

from panel_app.programme.scopes import Scope
from panel_app.web.api.routes import OPERATIONS
from tests.panel_app.web.api_fuzz import undocumented
from tests.panel_app.web.house import House
from tests.panel_app.web.program import Program


def document_of(app: Flask) -> dict:
    answer = app.test_client().get("/api/v1/openapi.json")
    assert answer.status_code == 200
    return answer.get_json()


def served(app: Flask) -> set[tuple[str, str]]:
    rules = [rule for rule in app.url_map.iter_rules() if rule.endpoint.startswith("api.")]
    return {
        (method.lower(), re.sub(r"<(?:uuid:)?(\w+)>", r"{\1}", rule.rule))
        for rule in rules
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }


def told(document: dict) -> set[tuple[str, str]]:
    return {(method, path) for path, methods in document["paths"].items() for method in methods}


def references(value: object) -> set[str]:
    return set(re.findall(r'"\$ref": "#/components/schemas/([^"]+)"', json.dumps(value)))


def test_the_document_has_exactly_the_served_routes(app: Flask) -> None:
    document = document_of(app)
    assert document["openapi"] == "3.1.0"
    assert told(document) == served(app)
    assert len(told(document)) == len(OPERATIONS) == 31


@pytest.mark.own_app
def test_control_a_route_that_is_not_in_the_table_is_found(app: Flask) -> None:
    app.add_url_rule("/api/v1/secret", "api.secret", lambda: "")
    assert served(app) - told(document_of(app)) == {("get", "/api/v1/secret")}


def test_every_reference_of_the_document_leads_to_a_schema_and_every_schema_is_used(app: Flask) -> None:
    document = document_of(app)
    assert references(document) == set(document["components"]["schemas"])


def test_every_change_asks_for_a_key_and_the_quote_does_not(app: Flask) -> None:
    for path, methods in document_of(app)["paths"].items():
        for method, one in methods.items():
            names = [parameter["name"] for parameter in one["parameters"]]
            needs = method == "post" and not path.endswith("/quote")
            assert ("Idempotency-Key" in names) == needs, path
            assert one["security"] == [{"key": []}]


def test_the_document_tells_nothing_of_the_programme_and_loads_nothing_from_elsewhere(house: House) -> None:
    text = house.app.test_client().get("/api/v1/openapi.json").text
    assert "Lena" not in text
    assert "Berlin" not in text
    assert re.findall(r"https?://", text) == []
    assert house.app.test_client().get("/docs").status_code == 404


@pytest.mark.parametrize("scope", list(Scope))
def test_what_is_answered_to_generated_calls_is_what_the_document_says(house: House, scope: Scope) -> None:
    assert undocumented(house, Program.of(house, scope), examples=2) == []


@pytest.mark.long
@pytest.mark.parametrize("scope", list(Scope))
def test_what_is_answered_to_many_generated_calls_is_what_the_document_says(
    house: House, scope: Scope
) -> None:
    assert undocumented(house, Program.of(house, scope), examples=200) == []


def test_control_an_answer_that_the_document_does_not_know_is_found(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = document_of(house.app)
    del document["paths"]["/api/v1/branches"]["get"]["responses"]["200"]
    monkeypatch.setattr(house.app, "_get_spec", lambda *_format: document)
    found = undocumented(house, Program.of(house), examples=1, only="/api/v1/branches")
    assert found
    assert "GET /api/v1/branches" in found[0]
