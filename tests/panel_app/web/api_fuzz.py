"""Calls that schemathesis makes up from the document, and the answers that the document does not know."""

from collections.abc import Iterator
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.panel_app.web.house import House
from tests.panel_app.web.program import Program

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
QUIET = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]


def undocumented(house: House, program: Program, examples: int, only: str = "") -> list[str]:
    """What the document does not know of the answers to so many right and wrong calls of each operation."""
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", house.app)
    found: list[str] = []
    for result in schema.get_all_operations():
        operation = result.ok()
        if only and operation.path != only:
            continue
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            found += _tried(house, program, operation, mode, examples)
    return found


def _tried(
    house: House, program: Program, operation: Any, mode: GenerationMode, examples: int
) -> Iterator[str]:
    found: list[str] = []

    @settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=QUIET,
    )
    @given(case=operation.as_strategy(generation_mode=mode), is_known=st.booleans())
    def call(case: Any, is_known: bool) -> None:  # noqa: FBT001 - hypothesis draws it
        if is_known:
            _name_what_is_there(house, case)
        answer = case.call(headers={"Authorization": f"Bearer {program.issued.text}"})
        try:
            case.validate_response(answer, checks=CHECKS)
        except (Failure, FailureGroup) as fault:
            label = f"{operation.method.upper()} {operation.path}"
            found.append(f"{label} {answer.status_code}: {fault!r} {answer.text[:300]} {case.body!r}")

    try:
        call()
    except schemathesis.errors.InvalidSchema as fault:
        found.append(f"{operation.path}: {fault}")
    return iter(found)


def _name_what_is_there(house: House, case: Any) -> None:
    """Most made-up ids lead nowhere: put the world's own in."""
    if "id" in (case.path_parameters or {}):
        case.path_parameters["id"] = str(house.world.lena)
    if isinstance(case.body, dict):
        known = {
            "member_id": str(house.world.lena),
            "reward_id": str(house.world.tea),
            "branch": "BER",
            "till": "1",
        }
        case.body |= {name: value for name, value in known.items() if name in case.body}
