"""The API from Python with the standard library alone: a wish is asked until it is told. Knows no goods.

Each wish has its key before it is sent. When an answer is lost the same key is asked again, so that whatever the
first asking did is told and not done twice.
"""

import http.client
import json
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

ASKED_MAX = 8
PAUSE_SECONDS = 0.05
TOO_MANY, SERVER_FAILED = 429, 500


class Refused(Exception):  # noqa: N818 - an answer, not an error
    """The API said no: `code` is the reason, `data` says more."""

    def __init__(self, status: int, problem: dict[str, Any]) -> None:
        self.status = status
        self.code = str(problem.get("code", status))
        self.data: dict[str, Any] = problem.get("data", {})
        super().__init__(f"{problem.get('title', 'The panel said no.')} ({self.code})")


class Unanswered(Exception):  # noqa: N818 - what is not known yet, not what went wrong
    """Nobody answered, however often it was asked. Whether the wish was done is not known."""


@dataclass(slots=True)
class Api:
    """One client with its key, which stays in the header: an address ends up in logs."""

    url: str
    key: str
    timeout_seconds: float = 10.0

    def read(self, path: str) -> Any:
        return self._asked_until_told("GET", path, None, None)

    def wish(self, path: str, body: dict[str, Any], idempotency_key: str | None = None) -> Any:
        """Do it once, however often it has to be asked. Raises Refused for a no, Unanswered when it stays unknown."""
        return self._asked_until_told("POST", path, body, idempotency_key or str(uuid4()))

    def _asked_until_told(self, method: str, path: str, body: object, idempotency_key: str | None) -> Any:
        for asked in range(1, ASKED_MAX + 1):
            pause_seconds = PAUSE_SECONDS * asked
            try:
                return self._ask(method, path, body, idempotency_key)
            except urllib.error.HTTPError as answer:
                problem = _problem(answer)
                is_passing = answer.code == TOO_MANY or answer.code >= SERVER_FAILED
                is_passing |= problem.get("code") == "key_in_use"  # our own first asking is still under way
                if not is_passing:
                    raise Refused(answer.code, problem) from None
                pause_seconds = float(answer.headers.get("Retry-After", 4 * pause_seconds))
            except (OSError, http.client.HTTPException, ValueError):
                pass  # Lost on the way there or back: only asking again tells which.
            if asked < ASKED_MAX:
                time.sleep(pause_seconds)
        raise Unanswered(path)

    def _ask(self, method: str, path: str, body: object, idempotency_key: str | None) -> Any:
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        if idempotency_key is not None:
            headers["Idempotency-Key"] = idempotency_key
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(  # noqa: S310 - the address is the operator's own
            f"{self.url}/api/v1{path}", data, headers, method=method
        )
        with _OPENER.open(request, timeout=self.timeout_seconds) as answer:
            return json.load(answer)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """urllib would take the key along to wherever an answer points."""

    def redirect_request(self, *_: Any) -> None:
        return None


_OPENER = urllib.request.build_opener(_NoRedirect)


def _problem(answer: urllib.error.HTTPError) -> dict[str, Any]:
    try:
        problem = json.load(answer)
    except (OSError, http.client.HTTPException, ValueError):
        return {}
    return problem if isinstance(problem, dict) else {}
