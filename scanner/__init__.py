"""The front door of reading: light to text and back. Knows no web and no database; others import only this.

Importing it loads no decoder: pictures are decoded in the pool's own processes.
"""

from scanner.bars import code_128_svg
from scanner.codes import masked, parse, parse_typed
from scanner.commands import Preview, scan_camera, scan_files, scan_video
from scanner.foreign import describe_foreign
from scanner.issuing import (
    make_reward_code,
    member_code_text,
    new_booking_id,
    new_card_code,
    new_handle,
    new_reward_code,
    new_short_code,
)
from scanner.kinds import (
    BookingId,
    Code,
    CodeReason,
    CodeRefused,
    Ean8,
    Ean13,
    ForeignKind,
    MemberCard,
    MemberCode,
    RewardCode,
    ShortCode,
    TypedMemberCode,
)
from scanner.limits import BYTES_MAX
from scanner.pool import DecodePool
from scanner.rendering import qr_png, qr_svg
from scanner.rotating import STEP_SECONDS, TypedVerdict, Verdict, code_at, step_of, verify, verify_typed
from scanner.terms import FrameReason, FrameRefused, Payload, Reading, Stage, StageRun, Symbology
from scanner.totals import PoolTotals, StageTotals

__all__ = [
    "BYTES_MAX",
    "STEP_SECONDS",
    "BookingId",
    "Code",
    "CodeReason",
    "CodeRefused",
    "DecodePool",
    "Ean8",
    "Ean13",
    "ForeignKind",
    "FrameReason",
    "FrameRefused",
    "MemberCard",
    "MemberCode",
    "Payload",
    "PoolTotals",
    "Preview",
    "Reading",
    "RewardCode",
    "ShortCode",
    "Stage",
    "StageRun",
    "StageTotals",
    "Symbology",
    "TypedMemberCode",
    "TypedVerdict",
    "Verdict",
    "code_128_svg",
    "code_at",
    "describe_foreign",
    "make_reward_code",
    "masked",
    "member_code_text",
    "new_booking_id",
    "new_card_code",
    "new_handle",
    "new_reward_code",
    "new_short_code",
    "parse",
    "parse_typed",
    "qr_png",
    "qr_svg",
    "scan_camera",
    "scan_files",
    "scan_video",
    "step_of",
    "verify",
    "verify_typed",
]
