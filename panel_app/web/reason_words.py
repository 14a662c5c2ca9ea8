"""Reason → words, one closed table each for what happened and what to do. messages.py adds a refusal's own data."""

from typing import assert_never

from ledger import Reason
from panel_app.web.gettext import gettext as _


def title(reason: Reason) -> str:  # noqa: C901, PLR0912, PLR0915 - one row a reason, no logic
    match reason:
        case Reason.NOT_ENOUGH_POINTS:
            return _("Not enough points")
        case Reason.POINTS_NOT_YET_POSTED:
            return _("Points not yet posted")
        case Reason.NOT_FOUND:
            return _("Not found here")
        case Reason.MORE_THAN_HOLD:
            return _("More than was reserved")
        case Reason.HOLD_EXPIRED:
            return _("The reservation ran out")
        case Reason.BELONGS_TO_BOOKING:
            return _("Belongs to a booking")
        case Reason.KEY_REUSED:
            return _("This page is out of date")
        case Reason.KEY_IN_USE:
            return _("Still being worked on")
        case Reason.ALREADY_REVERSED:
            return _("Already given back")
        case Reason.NOT_REVERSIBLE:
            return _("This can't be reversed")
        case Reason.UNKNOWN_CODE:
            return _("Unknown code")
        case Reason.FOREIGN_CODE:
            return _("Not one of our codes")
        case Reason.MISTYPED_CODE:
            return _("The code was not read right")
        case Reason.FORGED_CODE:
            return _("Not a genuine member code")
        case Reason.OTHER_PROGRAMME:
            return _("Code of another programme")
        case Reason.STALE_MEMBER_CODE:
            return _("An old code, perhaps a screenshot")
        case Reason.MEMBER_CODE_AHEAD:
            return _("The phone's clock is ahead")
        case Reason.REPLAYED_MEMBER_CODE:
            return _("This code was used already")
        case Reason.CODE_NOT_ISSUED_YET:
            return _("Not issued yet")
        case Reason.CODE_NOT_ACCEPTED:
            return _("Code not accepted")
        case Reason.NO_CODE_LEFT:
            return _("No code is left for this reward")
        case Reason.TOO_MANY_WRONG_SCANS:
            return _("Too many wrong codes scanned")
        case Reason.CLAIM_CANCELLED:
            return _("Cancelled")
        case Reason.CLAIM_REPLACED:
            return _("Replaced by a newer code")
        case Reason.ALREADY_REDEEMED:
            return _("Already redeemed")
        case Reason.NOT_YET_VALID:
            return _("Not yet valid")
        case Reason.CLAIM_EXPIRED:
            return _("Expired")
        case Reason.WRONG_BRANCH:
            return _("Not at this branch")
        case Reason.TYPE_NOT_ACCEPTED:
            return _("This kind of code is not accepted here")
        case Reason.PIN_NEEDED:
            return _("Its PIN is needed")
        case Reason.CLAIM_NEEDED:
            return _("Only with the code of its claim")
        case Reason.HELD_ELSEWHERE:
            return _("Open at another till")
        case Reason.MEMBER_SUSPENDED:
            return _("Member suspended")
        case Reason.MEMBER_CLOSED:
            return _("Membership closed")
        case Reason.OWN_ACCOUNT:
            return _("Your own account")
        case Reason.OUT_OF_STOCK:
            return _("Out of stock")
        case Reason.LIMIT_REACHED:
            return _("Limit reached for today")
        case Reason.REWARD_WITHDRAWN:
            return _("Reward withdrawn")
        case Reason.VISIT_OVER:
            return _("The member's code is needed")
        case Reason.SEVERAL_MEMBERS:
            return _("Codes of several members")
        case Reason.PROOF_TOO_WEAK:
            return _("Too many points for this code")
        case Reason.DIRECT_REDEMPTION_OFF:
            return _("Not offered at this branch")
        case Reason.PRICE_NOT_OFFERED:
            return _("This price is not offered here")
        case Reason.REDEMPTION_CLOSED | Reason.HOLD_CLOSED:
            return _("Already closed")
        case Reason.REDEMPTION_EXPIRED:
            return _("Too late: give the cash back")
        case Reason.UNDO_OVER:
            return _("Too late to undo")
        case Reason.TENDERS_DO_NOT_ADD_UP:
            return _("The payment does not add up")
        case Reason.TENDER_NOT_ACCEPTED:
            return _("This tender is not accepted here")
        case Reason.TENDER_REFERENCE_NEEDED:
            return _("The slip number is missing")
        case Reason.TENDER_REFERENCE_USED:
            return _("This slip was used already")
        case Reason.VOUCHER_UNKNOWN:
            return _("Unknown voucher")
        case Reason.VOUCHER_USED:
            return _("This voucher was used already")
        case Reason.VOUCHER_EXPIRED:
            return _("This voucher has expired")
        case Reason.VOUCHER_OTHER_CURRENCY:
            return _("Voucher in another currency")
        case Reason.VOUCHER_NOT_NEEDED:
            return _("Nothing is left to pay")
        case Reason.CONVERSION_CLOSED:
            return _("No answer is waited for")
        case Reason.INVALID_INPUT:
            return _("Something is not filled in right")
        case Reason.IMAGE_NOT_ACCEPTED:
            return _("This picture can't be read")
        case Reason.NO_CODE_IN_IMAGE:
            return _("No code in the picture")
        case Reason.SEVERAL_CODES:
            return _("Several codes in view")
        case Reason.READER_BUSY:
            return _("The reader is busy")
        case Reason.SIGN_IN_FAILED:
            return _("Name or password is wrong")
        case Reason.LOCKED_OUT:
            return _("Locked for a while")
        case Reason.WRONG_PIN:
            return _("Wrong PIN")
        case Reason.NOT_ALLOWED:
            return _("You may not do this")
        case Reason.TILL_NOT_ENROLLED:
            return _("This till is not set up in this browser")
        case Reason.TOO_MANY_ATTEMPTS:
            return _("Too many wrong codes typed")
        case _:
            assert_never(reason)


def action(reason: Reason) -> str:  # noqa: C901, PLR0912, PLR0915 - one row a reason, no logic
    match reason:
        case Reason.NOT_ENOUGH_POINTS:
            return _("Offer a price with fewer points and more cash, or another reward.")
        case Reason.POINTS_NOT_YET_POSTED:
            return _("The points were earned but are not posted yet. Ask the member to come back later.")
        case Reason.NOT_FOUND:
            return _("Check that it belongs to this branch and this till, and scan again.")
        case Reason.MORE_THAN_HOLD:
            return _("Release it and start again with the right amount.")
        case Reason.HOLD_CLOSED | Reason.REDEMPTION_CLOSED | Reason.ALREADY_REVERSED | Reason.NOT_REVERSIBLE:
            return _("Nothing more can be done with it here. Look at its receipt.")
        case Reason.UNDO_OVER:
            return _("A minute has passed. A manager can still reverse it.")
        case Reason.HOLD_EXPIRED:
            return _("Scan the code again. Points were not taken.")
        case Reason.BELONGS_TO_BOOKING:
            return _("Use the booking itself.")
        case Reason.KEY_REUSED:
            return _("Scan the code again. Nothing was taken by this press.")
        case Reason.KEY_IN_USE:
            return _("Wait a moment, then ask again. It counts once.")
        case Reason.UNKNOWN_CODE:
            return _("Ask the member to open the code in the app again and scan it once more.")
        case Reason.FOREIGN_CODE | Reason.OTHER_PROGRAMME:
            return _("Ask for the code from our own app or card.")
        case Reason.MISTYPED_CODE:
            return _("Scan once more, or type the code again, symbol by symbol.")
        case Reason.FORGED_CODE:
            return _("Ask the member to sign in to the app again. Do not accept this code.")
        case Reason.STALE_MEMBER_CODE:
            return _(
                "Ask for the live code in the app, not a picture; check that the phone's clock is right."
            )
        case Reason.MEMBER_CODE_AHEAD:
            return _("Ask the member to set the phone's clock to automatic, then scan again.")
        case Reason.REPLAYED_MEMBER_CODE:
            return _("Wait until the app shows the next code (30 s at most) and scan that one.")
        case Reason.CODE_NOT_ISSUED_YET:
            return _("Nobody has claimed this code. The member claims it in the app first.")
        case Reason.CODE_NOT_ACCEPTED:
            return _("Please ask at the counter.")
        case Reason.NO_CODE_LEFT:
            return _("Nothing was taken. Choose another reward, or try again in a few days.")
        case Reason.TOO_MANY_WRONG_SCANS:
            return _("Wait a moment, then scan again.")
        case Reason.CLAIM_REPLACED:
            return _("Ask the member to open the newest code in the app.")
        case Reason.ALREADY_REDEEMED:
            return _("Show the member when and where. If it was not them, call your manager.")
        case Reason.NOT_YET_VALID | Reason.CLAIM_EXPIRED:
            return _("Show the member the dates. Another reward may be in reach.")
        case Reason.WRONG_BRANCH:
            return _("Tell the member where it can be used.")
        case Reason.TYPE_NOT_ACCEPTED:
            return _("Ask for the code as the reward shows it in the app.")
        case Reason.PIN_NEEDED:
            return _("Open the member, then type the six digits that the app shows with the reward.")
        case Reason.HELD_ELSEWHERE:
            return _("Finish or release it there, or wait until the time is over.")
        case Reason.MEMBER_SUSPENDED:
            return _("Points can be earned but not spent. The member should call customer service.")
        case Reason.MEMBER_CLOSED:
            return _("This membership has ended. The member should call customer service.")
        case Reason.OWN_ACCOUNT:
            return _("Nobody redeems for the own account. Ask a colleague.")
        case Reason.OUT_OF_STOCK:
            return _("Offer another reward, or another branch.")
        case Reason.LIMIT_REACHED:
            return _("It is possible again tomorrow.")
        case Reason.REWARD_WITHDRAWN | Reason.CLAIM_CANCELLED:
            return _("It is no longer given out. The member should call customer service.")
        case Reason.VISIT_OVER:
            return _("Scan the member's live code first, or once more: five minutes are over.")
        case Reason.SEVERAL_MEMBERS:
            return _("Redeem what each member has under a booking of its own.")
        case Reason.PROOF_TOO_WEAK:
            return _("Ask for the live code in the app: a card or typed code is good for less.")
        case Reason.DIRECT_REDEMPTION_OFF | Reason.CLAIM_NEEDED:
            return _("The member claims the reward in the app and shows its code.")
        case Reason.PRICE_NOT_OFFERED:
            return _("Choose another price.")
        case Reason.REDEMPTION_EXPIRED:
            return _("Give the cash back, then scan the code again. No points were taken.")
        case Reason.TENDERS_DO_NOT_ADD_UP:
            return _("Correct the amounts: together they must be exactly what is due.")
        case Reason.TENDER_NOT_ACCEPTED:
            return _("Choose another way to pay.")
        case Reason.TENDER_REFERENCE_NEEDED:
            return _("Enter the number on the card slip.")
        case Reason.TENDER_REFERENCE_USED:
            return _("Enter the number of this payment's own slip.")
        case Reason.VOUCHER_UNKNOWN:
            return _("Type it again as it is printed, or ask for another one.")
        case Reason.VOUCHER_USED | Reason.VOUCHER_EXPIRED | Reason.VOUCHER_OTHER_CURRENCY:
            return _("Ask for another voucher, or take the amount in another way.")
        case Reason.VOUCHER_NOT_NEEDED:
            return _("Give this voucher back. The others pay all of it.")
        case Reason.CONVERSION_CLOSED:
            return _("Its state says what became of the points. Settle the rest with the partner.")
        case Reason.INVALID_INPUT:
            return _("Correct the marked field.")
        case Reason.IMAGE_NOT_ACCEPTED:
            return _("Take a new photo (JPEG, PNG or WebP), or scan with the camera.")
        case Reason.NO_CODE_IN_IMAGE:
            return _("Take the photo again: the whole code, sharp and without glare.")
        case Reason.SEVERAL_CODES:
            return _("Cover the others so that one code is in view, and scan again.")
        case Reason.READER_BUSY:
            return _("Try again in a moment, or type the code.")
        case Reason.SIGN_IN_FAILED | Reason.WRONG_PIN:
            return _("Check what you typed, and try again.")
        case Reason.LOCKED_OUT | Reason.TOO_MANY_ATTEMPTS:
            return _("Wait a few minutes. Scanning goes on.")
        case Reason.NOT_ALLOWED:
            return _("Ask your manager.")
        case Reason.TILL_NOT_ENROLLED:
            return _("A manager sets it up once, by signing in here and choosing the till.")
        case _:
            assert_never(reason)
