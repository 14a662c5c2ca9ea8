"""What a key of the API may do: closed scopes, and the permissions that each stands for. Knows no route."""

from collections.abc import Iterable
from enum import StrEnum

from panel_app.programme.access import Permission


class Scope(StrEnum):
    MEMBERS = "members"
    POINTS = "points"
    HOLDS = "holds"
    REDEMPTIONS = "redemptions"
    REVERSALS = "reversals"
    REPORTS = "reports"
    ADMIN = "admin"  # all of the others


_PERMISSIONS = {
    Scope.MEMBERS: frozenset({Permission.KEEP_MEMBERS}),
    Scope.POINTS: frozenset({Permission.MOVE_POINTS}),
    Scope.HOLDS: frozenset({Permission.HOLD_POINTS}),
    Scope.REDEMPTIONS: frozenset({Permission.REDEEM, Permission.CLAIM_FOR_MEMBER}),
    Scope.REVERSALS: frozenset({Permission.REVERSE}),
    Scope.REPORTS: frozenset({Permission.VIEW_REDEMPTIONS, Permission.VIEW_REPORTS}),
}


def spelled_out(scopes: Iterable[Scope]) -> frozenset[Scope]:
    """The scopes with `admin` as all that it stands for."""
    given = frozenset(scopes)
    return frozenset(Scope) if Scope.ADMIN in given else given


def permissions_of(scopes: Iterable[Scope]) -> frozenset[Permission]:
    """What a key with these scopes may do in the use cases."""
    held = [_PERMISSIONS[scope] for scope in spelled_out(scopes) if scope is not Scope.ADMIN]
    return frozenset({Permission.API_CLIENT}).union(*held)
