"""From a request to an operation's own types, strictly; what does not fit is told by its field."""

import re
from functools import cache
from typing import Any

from flask import request
from pydantic import TypeAdapter, ValidationError
from werkzeug.exceptions import BadRequest, UnsupportedMediaType

BODY_BYTES_MAX = 64 * 1024
KEY_HEADER = "Idempotency-Key"
KEY_FORM = r"^[!-~]{1,64}$"
_KEY = re.compile(KEY_FORM[1:-1])


class FaultyInput(Exception):  # noqa: N818 - becomes the answer 422
    """What was sent is not as the document says; `errors` tells where and why."""

    def __init__(self, fault: ValidationError) -> None:
        super().__init__("faulty input")
        told = fault.errors(include_input=False, include_url=False, include_context=False)
        self.errors = [
            {"field": ".".join(str(part) for part in one["loc"]), "message": one["msg"]} for one in told
        ]


def body(kind: type) -> Any:
    """The JSON body as this type. Not parsed by Flask: deep nesting, lone surrogates and floats are refused here.

    No body at all is an empty object: a release needs to say nothing.
    """
    sent = request.get_data()
    if request.mimetype != "application/json" and (sent or request.mimetype):
        raise UnsupportedMediaType("Send JSON, as application/json.")
    try:
        return adapter(kind).validate_json(sent or b"{}", strict=True)
    except ValidationError as fault:
        raise FaultyInput(fault) from None


def query(kind: type) -> Any:
    """The query as this type; its values are texts, so they are converted here and nowhere else."""
    values: dict[str, Any] = {name: found[0] for name, found in request.args.lists() if len(found) == 1}
    values |= {name: found for name, found in request.args.lists() if len(found) > 1}
    try:
        return adapter(kind).validate_python(values, strict=False)
    except ValidationError as fault:
        raise FaultyInput(fault) from None


def key() -> str:
    """The idempotency key of a change."""
    text = request.headers.get(KEY_HEADER, "")
    if not _KEY.fullmatch(text):
        raise BadRequest(f"Send {KEY_HEADER} with 1 to 64 visible ASCII characters: a new one for each wish.")
    return text


@cache
def adapter(kind: type) -> TypeAdapter[Any]:
    """Built once a type: building costs more than a request."""
    return TypeAdapter(kind)
