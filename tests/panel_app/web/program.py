"""A program that uses the API, on Flask's test client: its key, its idempotency keys. Knows no rule."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from werkzeug.test import TestResponse

from panel_app.programme import api_clients
from panel_app.programme.api_clients import IssuedKey, NewKey
from panel_app.programme.scopes import Scope
from tests.panel_app.web.house import House
from tests.panel_app.world import SEED

_numbers = itertools.count(1)


@dataclass(slots=True)
class Program:
    """One API client with one key; `post` takes a new idempotency key each time unless it is given one."""

    house: House
    issued: IssuedKey
    keys: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    @classmethod
    def of(
        cls,
        house: House,
        *scopes: Scope,
        name: str = "",
        source: str = "marketplace",
        branch_ids: tuple[UUID, ...] = (),
    ) -> "Program":
        new = NewKey(
            client=name or f"Client {next(_numbers)}",
            source=source,
            scopes=frozenset(scopes or (Scope.ADMIN,)),
            branch_ids=branch_ids,
        )
        return cls(house, api_clients.issue_key(house.shop.session, SEED, new))

    def get(self, path: str, **more: Any) -> TestResponse:
        return self.ask("GET", path, **more)

    def post(self, path: str, body: object, key: str | None = None, **more: Any) -> TestResponse:
        headers = {"Idempotency-Key": key or f"wish-{next(self.keys)}"} | more.pop("headers", {})
        return self.ask("POST", path, json=body, headers=headers, **more)

    def ask(self, method: str, path: str, **more: Any) -> TestResponse:
        headers = {"Authorization": f"Bearer {self.issued.text}"} | more.pop("headers", {})
        client = self.house.app.test_client(use_cookies=False)
        return client.open(f"/api/v1{path}", method=method, headers=headers, **more)


def code_of(answer: TestResponse) -> tuple[int, str]:
    """Status and code of a problem."""
    assert answer.content_type == "application/problem+json", f"{answer.status} {answer.text}"
    problem = answer.get_json()
    assert problem["status"] == answer.status_code
    assert problem["request_id"] == answer.headers["X-Request-Id"]
    return answer.status_code, problem["code"]
