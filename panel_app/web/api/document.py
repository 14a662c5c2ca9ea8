"""The OpenAPI 3.1 document, made from the table that serves; a test compares it with the routes."""

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Literal

from apiflask import APIBlueprint, APIFlask
from pydantic import ConfigDict, TypeAdapter

from ledger import Reason
from panel_app.programme.access import Permission
from panel_app.web.api import keys, parsing, problems
from panel_app.web.api.operations import Media, Operation, Repeats
from panel_app.web.api.routes import OPERATIONS
from panel_app.web.permissions import needs

SCHEMAS = "#/components/schemas/"
_ALWAYS = (400, 401, 403, 404, 429, 500, 503)
_WITH_A_BODY = (409, 410, 413, 415, 422)
_HEADERS: dict[str, Any] = {
    "X-Request-Id": {"schema": {"type": "string"}, "description": "stands in the log and the audit trail"},
    "RateLimit-Limit": {"schema": {"type": "integer"}},
    "RateLimit-Remaining": {"schema": {"type": "integer"}},
    "RateLimit-Reset": {"schema": {"type": "integer"}, "description": "seconds"},
}
_FILE_HEADERS: dict[str, Any] = {
    "Content-Disposition": {"schema": {"type": "string"}},
    "Link": {"schema": {"type": "string"}, "description": "rel=next: the file after it, where there is one"},
}
_PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "code", "request_id", "errors"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"enum": sorted({reason.value for reason in Reason} | set(problems.CODES.values()))},
        "request_id": {"type": "string"},
        "incident": {"type": "string"},
        "data": {"type": "object"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "message"],
                "properties": {"field": {"type": "string"}, "message": {"type": "string"}},
            },
        },
    },
}


@dataclass(frozen=True, slots=True, kw_only=True)
class NoQuery:
    """An operation without a query takes none."""

    __pydantic_config__ = ConfigDict(extra="forbid")


def described(made: APIBlueprint, operation: Operation) -> Callable[[Any], Any]:
    """Apiflask's description of a view: answers, security, what the rest of the table says."""
    needed = " or ".join(keys.scopes_of(operation))
    describe: Callable[[Any], Any] = made.doc(
        summary=operation.summary,
        description=f"Scope: {needed}.",
        operation_id=operation.name,
        responses=_responses(operation),
        security=[{"key": []}],
        extensions={"requestBody": _request_body(operation.body)} if operation.body else None,
    )
    return describe


def init_app(app: APIFlask, base: str) -> None:
    """Serve the document to everybody; it holds nothing of the programme."""
    app.title, app.version = "Countermark", "1"
    app.config.update(
        OPENAPI_VERSION="3.1.0",
        AUTO_200_RESPONSE=False,
        AUTO_404_RESPONSE=False,
        AUTO_TAGS=False,
        AUTO_SERVERS=False,
        AUTO_VALIDATION_ERROR_RESPONSE=False,
        AUTO_AUTH_ERROR_RESPONSE=False,
        SECURITY_SCHEMES={"key": {"type": "http", "scheme": "bearer"}},
    )
    needs(Permission.PUBLIC)(app.view_functions["openapi.spec"])
    app.spec_processor(lambda document: _completed(document, base))


def _completed(document: Any, base: str) -> Any:
    document["components"]["schemas"] = _schemas()
    for operation in OPERATIONS:
        path = operation.path.replace("<uuid:id>", "{id}").replace("<booking_id>", "{booking_id}")
        found = document["paths"][base + path][operation.method.lower()]
        found["parameters"] = _parameters(operation)
    return document


def _schemas() -> dict[str, Any]:
    wanted = {kind for one in OPERATIONS for kind in (one.body,) if kind is not None}
    answers = {one.answer for one in OPERATIONS if one.media is Media.JSON}
    kinds: list[tuple[str, Literal["validation", "serialization"], TypeAdapter[Any]]] = [
        *((kind.__name__, "validation", TypeAdapter(kind)) for kind in wanted),
        *((kind.__name__, "serialization", TypeAdapter(kind)) for kind in answers),
    ]
    by_name = sorted(kinds, key=lambda one: one[0])
    _refs, document = TypeAdapter.json_schemas(by_name, ref_template=SCHEMAS + "{model}")
    return {**document["$defs"], "Problem": _PROBLEM}


def _request_body(body: type) -> dict[str, Any]:
    schema = parsing.adapter(body).json_schema()
    content = {"application/json": {"schema": {"$ref": SCHEMAS + str(schema["title"])}}}
    return {"required": bool(schema.get("required")), "content": content}


def _responses(operation: Operation) -> Any:
    answer = {"$ref": SCHEMAS + operation.answer.__name__}
    headers = _HEADERS
    if operation.media is not Media.JSON:
        answer, headers = {"type": "string"}, _HEADERS | _FILE_HEADERS
    done = {
        "description": "Done",
        "headers": headers,
        "content": {operation.media.value: {"schema": answer}},
    }
    found: dict[int, dict[str, Any]] = {201 if operation.made else 200: done}
    if operation.repeats is Repeats.NEED_A_KEY:
        replayed = {"Idempotent-Replayed": {"schema": {"const": "true"}}}
        found[200] = done | {
            "description": "The same key again: the stored answer"
            if operation.made
            else "Done, now or before",
            "headers": _HEADERS | replayed,
        }
    if operation.is_cached:
        found[304] = {"description": "As the ETag says", "headers": _HEADERS}
    statuses = [*_ALWAYS, *(_WITH_A_BODY if operation.body else (422,))]
    problem = {problems.MEDIA_TYPE: {"schema": {"$ref": SCHEMAS + "Problem"}}}
    for status in sorted(statuses):
        found[status] = {"description": HTTPStatus(status).phrase, "headers": _HEADERS, "content": problem}
    return found


def _parameters(operation: Operation) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for name, schema in (("id", {"type": "string", "format": "uuid"}), ("booking_id", {"type": "string"})):
        if f"{name}>" in operation.path:
            found.append({"name": name, "in": "path", "required": True, "schema": schema})
    if operation.repeats is Repeats.NEED_A_KEY:
        schema = {"type": "string", "pattern": parsing.KEY_FORM}
        found.append({"name": parsing.KEY_HEADER, "in": "header", "required": True, "schema": schema})
    if operation.query is not None:
        query = TypeAdapter(operation.query).json_schema(ref_template=SCHEMAS + "{model}")
        required = query.get("required", [])
        for name, schema in query["properties"].items():
            one = {
                "name": name,
                "in": "query",
                "required": name in required,
                "schema": _inlined(schema, query),
            }
            found.append(one)
    return found


def _inlined(schema: Any, query: dict[str, Any]) -> Any:
    """A parameter's schema by itself: without null, which a query can't say, and without references."""
    if "anyOf" in schema:
        schema = next(one for one in schema["anyOf"] if one.get("type") != "null")
    if "$ref" in schema:
        schema = query["$defs"][schema["$ref"].rpartition("/")[2]]
    return {name: value for name, value in schema.items() if name not in {"default", "title"}}
