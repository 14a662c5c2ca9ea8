"""The API's blueprint, built from the table: admit, parse, run, answer with the stored bytes. Knows no rule."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from apiflask import APIBlueprint, APIFlask
from flask import Response, g, request

import ledger
from panel_app.programme.access import Permission
from panel_app.programme.steps import Told, canonical
from panel_app.web.api import document, keys, parsing, problems
from panel_app.web.api.operations import Call, File, Operation, Repeats
from panel_app.web.api.routes import OPERATIONS
from panel_app.web.database import books
from panel_app.web.permissions import needs

NAME = "api"
BASE = "/api/v1"
REPLAYED = "Idempotent-Replayed"
_BY_ENDPOINT = {f"{NAME}.{operation.name}": operation for operation in OPERATIONS}


def blueprint() -> APIBlueprint:
    """A route for each operation. Its permission is that of having a key; keys.py judges the scopes."""
    made = APIBlueprint(NAME, __name__, url_prefix=BASE, enable_openapi=True)
    for operation in OPERATIONS:
        view = needs(Permission.API_CLIENT)(document.described(made, operation)(_view(operation)))
        made.add_url_rule(operation.path, operation.name, view, methods=[operation.method])
    made.register_error_handler(parsing.FaultyInput, lambda fault: problems.of_faulty_body(fault.errors))
    made.after_request(_finish)
    return made


def init_app(app: APIFlask, calls_per_minute: int) -> APIBlueprint:
    """Serve the API and its document; so often a client may ask."""
    made = blueprint()
    app.register_blueprint(made)
    keys.init_app(app.extensions, calls_per_minute)
    document.init_app(app, BASE)
    return made


def _view(operation: Operation) -> Callable[..., Response]:
    def view(**ids: Any) -> Response:
        request.max_content_length = parsing.BODY_BYTES_MAX
        actor = keys.admit(operation)
        call = Call(
            session=books(),
            actor=actor,
            ids=ids,
            key=parsing.key() if operation.repeats is Repeats.NEED_A_KEY else "",
            body=None if operation.body is None else parsing.body(operation.body),
            query=parsing.query(operation.query or document.NoQuery),
        )
        return _answer(operation, _run(operation, call))

    view.__name__ = operation.name
    view.__doc__ = operation.summary
    return view


def _run(operation: Operation, call: Call) -> Any:
    if operation.method != "GET":
        return operation.run(call)
    with ledger.read(call.session):
        return operation.run(call)


def _answer(operation: Operation, result: Any) -> Response:
    if isinstance(result, File):
        return _file(operation, result)
    if not isinstance(result, Told):
        return _cached(operation, _json(canonical(operation.answer, result), 200))
    is_replay = result.value is None
    answer = _json(result.body, 201 if operation.made and not is_replay else 200)
    if is_replay:
        answer.headers[REPLAYED] = "true"
    return answer


def _json(body: bytes, status: int) -> Response:
    return Response(body, status, content_type="application/json")


def _file(operation: Operation, found: File) -> Response:
    answer = Response(found.portions, content_type=f"{operation.media}; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="{found.name}"'
    if found.next_cursor is not None:
        asked = {**request.args.to_dict(), "cursor": found.next_cursor}
        answer.headers["Link"] = f'<{BASE}{operation.path}?{urlencode(asked)}>; rel="next"'
    g.api_details = {"rows": found.rows, "fields": found.fields}
    return answer


def _cached(operation: Operation, answer: Response) -> Response:
    if operation.is_cached:
        answer.add_etag()
        answer.make_conditional(request.environ)
    return answer


def _finish(answer: Response) -> Response:
    keys.put_window(answer)
    # A flood is not recorded: it would fill the trail, and the log has it.
    operation = _BY_ENDPOINT.get(request.endpoint or "")
    if operation is not None and "api_actor" in g and answer.status_code not in {429, 500, 503}:
        keys.record_call(operation.name, status=answer.status_code, **g.get("api_details", {}))
    return answer
