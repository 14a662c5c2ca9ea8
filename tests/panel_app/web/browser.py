"""A browser on Flask's test client: cookies, form tokens, signing in. Knows no rule of the programme."""

import html
import re
from dataclasses import dataclass, field
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.panel_app.world import PASSWORD, PIN

SESSION = "countermark"
LANGUAGE = "countermark-language"
TILL_DEVICE = "countermark-till"
PAGE = {"Accept": "text/html"}
FRAGMENT = PAGE | {"Countermark-Fragment": "1"}


@dataclass(slots=True)
class Browser:
    """One browser; `ask` speaks as the counter's script does, `get` and `post` as the address bar and a form."""

    client: FlaskClient
    tokens: dict[str, str] = field(default_factory=dict)  # the form token of each session that it had

    @classmethod
    def of(cls, app: Flask, language: str = "en") -> "Browser":
        """A new browser whose user has chosen a language."""
        opened = cls(app.test_client())
        opened.put_cookie(language, LANGUAGE)
        return opened

    def get(self, path: str, **more: Any) -> TestResponse:
        return self.client.get(path, headers=PAGE | more.pop("headers", {}), buffered=True, **more)

    def post(self, path: str, form: dict[str, Any] | None = None, **more: Any) -> TestResponse:
        headers = PAGE | {"X-CSRFToken": self.form_token()} | more.pop("headers", {})
        return self.client.post(path, data=form or {}, headers=headers, **more)

    def ask(self, path: str, form: dict[str, Any] | bytes = b"", **more: Any) -> TestResponse:
        headers = FRAGMENT | {"X-CSRFToken": self.form_token()} | more.pop("headers", {})
        return self.client.post(path, data=form, headers=headers, **more)

    def form_token(self) -> str:
        """What a page of this session puts into its forms."""
        if self.cookie() not in self.tokens:
            found = re.search(r'name="csrf_token" value="([^"]+)"', self.get("/sign-in").text)
            assert found is not None
            self.tokens[self.cookie()] = found.group(1)
        return self.tokens[self.cookie()]

    def sign_in(self, username: str, password: str = PASSWORD) -> TestResponse:
        self.tokens.clear()  # the form is loaded afresh: the session before may have ended on the server
        return self.post("/sign-in", {"username": username, "password": password})

    def sign_in_member(self, identifier: str = "M-1", pin: str = PIN) -> TestResponse:
        return self.post("/me/sign-in", {"identifier": identifier, "pin": pin})

    def cookie(self, name: str = SESSION) -> str:
        found = self.client.get_cookie(name)
        return "" if found is None else found.value

    def put_cookie(self, value: str, name: str = SESSION) -> None:
        self.client.set_cookie(name, value)


def state(answer: TestResponse) -> str | None:
    """The counter's next state, as its script reads it."""
    return answer.headers.get("Countermark-State")


def text(answer: TestResponse) -> str:
    """What a person reads of a page: no tags, single spaces."""
    body = re.sub(r"<(script|style|svg|template)\b.*?</\1>", " ", answer.text, flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", body)).split())


def heading(answer: TestResponse) -> str:
    """The page's or fragment's main heading."""
    found = re.search(r"<h1[^>]*>(.*?)</h1>", answer.text, flags=re.DOTALL)
    assert found is not None, answer.text
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", found.group(1))).split())


def value(answer: TestResponse, name: str) -> str:
    """The value of the first field of this name."""
    for one in re.findall(r"<input[^>]*>", answer.text):
        if f'name="{name}"' in one:
            found = re.search(r'value="([^"]*)"', one)
            return "" if found is None else html.unescape(found.group(1))
    raise AssertionError(f"no field {name} in {answer.text}")
