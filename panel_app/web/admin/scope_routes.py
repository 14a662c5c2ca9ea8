"""What each scope opens, read from the API's own table, so that page and API can't disagree. Decides nothing."""

from collections.abc import Sequence
from dataclasses import dataclass

from panel_app.programme.scopes import Scope, spelled_out
from panel_app.web.api.routes import OPERATIONS
from panel_app.web.api.serving import BASE


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    method: str
    path: str


def opened_by(scope: Scope) -> Sequence[Route]:
    """The routes that a key with this scope alone may ask, in the order of the table."""
    spelled = spelled_out({scope})
    return [
        Route(method=operation.method, path=BASE + operation.path.replace("<uuid:", "<"))
        for operation in OPERATIONS
        if operation.scopes & spelled
    ]


ROUTES = {scope: opened_by(scope) for scope in Scope}
