"""Problem details (RFC 9457): how a refusal, a wrong request or a fault is told to a program."""

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from flask import Response, request
from werkzeug.exceptions import HTTPException

from ledger import Refusal
from panel_app.programme.steps import refusal_data
from panel_app.web import messages
from panel_app.web.identity import request_id

PREFIX = "/api/"
MEDIA_TYPE = "application/problem+json"
INVALID = "invalid_input"
CODES = {
    400: "bad_request",
    401: "key_not_accepted",
    403: "not_allowed",
    404: "not_found",
    405: "method_not_allowed",
    408: "request_timeout",
    411: "length_required",
    413: "too_large",
    415: "not_json",
    422: INVALID,
    429: "too_many_requests",
    500: "fault",
    503: "unavailable",
}
"""What is wrong with the request itself, before any use case could refuse it."""

KEPT_HEADERS = ("Allow", "Retry-After", "WWW-Authenticate")


def are_asked_for() -> bool:
    """Whether a program asks: everything under /api/ is answered as a problem, an unknown address too."""
    return request.path.startswith(PREFIX)


def of_refusal(refusal: Refusal, status: int) -> Response:
    """A refusal with its reason as the code, and its data."""
    data = refusal_data(refusal)
    more: dict[str, Any] = {"data": data} if data else {}
    where = [part for part in (refusal.part, data.get("field")) if part]
    if where:
        more["errors"] = [{"field": ".".join(where), "message": messages.field_text(refusal)}]
    answer = _problem(
        status, refusal.reason.value, messages.title_of(refusal), messages.action_of(refusal), **more
    )
    if "seconds_left" in data and status == HTTPStatus.TOO_MANY_REQUESTS:
        answer.headers["Retry-After"] = str(data["seconds_left"])
    if status == HTTPStatus.CONFLICT and refusal.reason.value == "key_in_use":
        answer.headers["Retry-After"] = "1"
    return answer


def of_http_error(error: HTTPException) -> Response:
    """A wrong request: the status says most of it, the description the rest."""
    status = error.code or 500
    code = CODES.get(status, CODES[400] if status < HTTPStatus.INTERNAL_SERVER_ERROR else CODES[500])
    answer = _problem(status, code, HTTPStatus(status).phrase, error.description or "")
    for name, value in error.get_headers():
        if name in KEPT_HEADERS:
            answer.headers[name] = value
    return answer


def of_faulty_body(errors: Sequence[Mapping[str, str]]) -> Response:
    """A body or a query that is not as the document says, field by field."""
    return _problem(422, INVALID, "Check what was sent", "Correct the fields.", errors=list(errors))


def of_fault(status: int, incident: str) -> Response:
    """Our own failure, by the incident's number in the log."""
    answer = _problem(
        status, CODES[status], HTTPStatus(status).phrase, "Nothing was half done.", incident=incident
    )
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        answer.headers["Retry-After"] = "5"
    return answer


def _problem(status: int, code: str, title: str, detail: str, **more: Any) -> Response:
    body = {
        "type": f"urn:countermark:{code}",
        "title": title,
        "status": status,
        "detail": detail,
        "code": code,
        "request_id": request_id(),
        "errors": [],
    } | more
    return Response(json.dumps(body, ensure_ascii=False), status, content_type=MEDIA_TYPE)
