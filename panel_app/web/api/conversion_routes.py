"""The rows of the API's table that are about conversions; see routes.py. Decides nothing."""

from panel_app.programme.scopes import Scope
from panel_app.programme.surfaces import conversions, wishes
from panel_app.programme.surfaces.conversion_shapes import ConversionTold, NewConversion
from panel_app.web.api.operations import Operation

_POINTS = frozenset({Scope.POINTS})

CONVERSIONS = (
    Operation(
        name="convert",
        method="POST",
        path="/members/<uuid:id>/conversions",
        scopes=_POINTS,
        body=NewConversion,
        answer=ConversionTold,
        made=True,
        summary="Convert points into a voucher, or begin a transfer that a partner programme has to answer",
        run=lambda call: conversions.convert(call.session, call.actor, call.key, call.id, call.body),
    ),
    Operation(
        name="read_conversion",
        method="GET",
        path="/conversions/<booking_id>",
        scopes=_POINTS,
        answer=ConversionTold,
        summary="Read a conversion of one's own, with its voucher",
        run=lambda call: conversions.by_booking_id(call.session, call.actor, call.booking_id),
    ),
    Operation(
        name="conversion_fulfilled",
        method="POST",
        path="/conversions/<booking_id>/fulfilled",
        scopes=_POINTS,
        body=wishes.Nothing,
        answer=ConversionTold,
        summary="Say that the partner programme has the points",
        run=lambda call: conversions.fulfilled(
            call.session, call.actor, call.key, call.booking_id, call.body
        ),
    ),
    Operation(
        name="conversion_failed",
        method="POST",
        path="/conversions/<booking_id>/failed",
        scopes=_POINTS,
        body=wishes.Nothing,
        answer=ConversionTold,
        summary="Say that the partner programme has not taken the points; they go back",
        run=lambda call: conversions.failed(call.session, call.actor, call.key, call.booking_id, call.body),
    ),
)
