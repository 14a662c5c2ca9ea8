"""Redemptions of several lines over the API, PINs and vouchers among them: each proves itself, all or nothing."""

from panel_app.programme import branches, importing
from panel_app.programme.scopes import Scope
from panel_app.programme.surfaces.wishes import Confirmation, Line, TenderWish
from panel_app.programme.terms import RedemptionType, TenderType
from tests.panel_app.web.browser import text
from tests.panel_app.web.house import House, on_both
from tests.panel_app.web.program import Program, code_of
from tests.panel_app.world import SEED, create_reward

BERLIN = {"branch": "BER", "till": "1"}


def eur(amount: int) -> dict[str, object]:
    return {"amount_minor": amount, "currency": "EUR"}


def mix_of(house: House) -> dict[str, str]:
    """A mug for 600 points and 4.00 EUR."""
    return {"reward_id": str(house.world.mug), "option": str(house.shop.option(house.world.mug, 1))}


def with_vouchers(house: House, *lines: str) -> None:
    """Berlin takes vouchers, and these are on the list, as code,amount."""
    branches.configure_branch(
        house.shop.session,
        SEED,
        house.world.berlin.branch(),
        direct_redemption=True,
        tender_types=list(TenderType),
    )
    rows = "\n".join(f"{line},EUR,2026-12-31" for line in lines)
    data = f"code,amount,currency,last_day\n{rows}".encode()
    assert importing.import_vouchers(house.shop.session, SEED, data).taken == len(lines)


def errors(answer: object) -> list[str]:
    return [one["field"] for one in answer.get_json()["errors"]]


@on_both
def test_a_claim_a_member_code_and_a_mix_are_one_booking_that_is_shown_whole(house: House) -> None:
    program, shop = Program.of(house), house.shop
    member = shop.code(house.world.lena).text
    lines = [
        {"code": shop.claim(house.world.mug, quantity=2).code, "units": 2},
        {"code": member, "reward_id": str(house.world.tea), "units": 2},
        {"code": member, **mix_of(house)},
    ]
    made = program.post("/redemptions", BERLIN | {"lines": lines})
    order = made.get_json()
    assert (made.status_code, order["points_due"], order["points"], order["cash_due"]) == (
        *(201, 1200, 3200, eur(400)),
    )
    assert shop.balance() == (1800, 1200)
    path = f"/redemptions/{order['booking_id']}"
    done = program.post(f"{path}/confirm", {"tenders": [{"type": "cash", **eur(400)}]}).get_json()
    assert [(line["name"], line["units"], line["points"], line["cash"]) for line in done["lines"]] == [
        ("Mug", 2, 2000, eur(0)),
        ("Mug", 2, 600, eur(0)),
        ("Mug", 1, 600, eur(400)),
    ]
    assert program.get(path).get_json() == done
    assert program.get("/redemptions?branch=BER").get_json()["items"] == [done]
    mara = house.at_till("mara")
    for page in (f"/manager{path}", "/manager/redemptions", f"/counter/receipts/{order['booking_id']}"):
        shown = text(mara.get(page))
        assert (shown.count("2 × Mug"), shown.count("1 × Mug")) == (2, 1)
    back = program.post(f"{path}/reversal", {"reason": "faulty_goods"}).get_json()
    assert (back["status"], [line["fulfilment"] for line in back["lines"]]) == ("reversed", ["cancelled"] * 3)
    assert shop.balance() == (5000, 0)


@on_both
def test_a_refused_line_is_named_and_leaves_nothing_of_the_others(house: House) -> None:
    program, shop = Program.of(house, Scope.REDEMPTIONS), house.shop
    good, omars = shop.claim(house.world.mug), shop.claim(house.world.mug, member_id=house.world.omar)
    used = shop.claim(house.world.mug)
    shop.redeem(used.code)
    member = shop.code(house.world.lena).text
    first = {"code": member, "reward_id": str(house.world.tea)}
    tries = {
        (409, "already_redeemed"): ({"code": used.code}, ["lines.2"]),
        (422, "several_members"): ({"code": omars.code}, ["lines.2"]),
        (422, "invalid_input"): ({"code": good.short_code}, ["lines.2.code"]),
        (422, "mistyped_code"): (
            {"code": good.code[:-1] + ("0" if good.code[-1] != "0" else "1")},
            ["lines.2"],
        ),
        (404, "not_found"): ({"code": good.code, "reward_id": str(house.world.tea)}, ["lines.2"]),
    }
    before = shop.facts()
    for expected, (line, where) in tries.items():
        answer = program.post("/redemptions", BERLIN | {"lines": [first, {"code": good.code}, line]})
        assert (code_of(answer), errors(answer)) == (expected, where)
        assert shop.facts() == before
    # Nothing was burned either: the member's code is still good.
    assert program.post("/redemptions", BERLIN | {"lines": [first, {"code": good.code}]}).status_code == 201


def test_what_has_no_shape_uses_up_no_key(house: House) -> None:
    program = Program.of(house, Scope.REDEMPTIONS)
    tea, lena = {"reward_id": str(house.world.tea)}, {"member_id": str(house.world.lena)}
    for body, where in (
        ({"lines": [tea, tea]}, ["lines.0.code"]),
        ({"lines": []}, ["lines"]),
        ({"lines": [tea], "code": "R1"} | lena, ["lines"]),
        ({"lines": [tea | {"units": 0}]} | lena, ["lines.0.units"]),
        ({"lines": [tea] * 21} | lena, ["lines"]),
    ):
        answer = program.post("/redemptions", BERLIN | body, key="one-key")
        assert (code_of(answer), errors(answer)) == ((422, "invalid_input"), where)
    good = program.post("/redemptions", BERLIN | lena | {"lines": [tea] * 2}, key="one-key")
    assert (good.status_code, good.get_json()["points_due"]) == (201, 600)


def test_twenty_lines_are_one_booking(house: House) -> None:
    program = Program.of(house, Scope.REDEMPTIONS)
    cheap = {"reward_id": str(create_reward(house.shop.session))}
    wish = BERLIN | {"member_id": str(house.world.lena), "lines": [cheap] * 16}
    made = program.post("/redemptions", wish).get_json()
    assert (made["points_due"], len(made["lines"])) == (4800, 16)
    answer = program.post("/redemptions", wish | {"lines": [cheap] * 20})
    assert (code_of(answer), errors(answer)) == ((409, "not_enough_points"), [])


def test_a_pin_beside_its_member_redeems_and_wrong_ones_lock_the_members_pins(house: House) -> None:
    program, shop = Program.of(house, Scope.REDEMPTIONS), house.shop
    made = shop.claim(create_reward(shop.session, redemption_types=(RedemptionType.PIN,)))
    wrong = f"{(int(made.pin or '') + 1) % 10**6:06}"
    lena = {"branch": "BER", "member_id": str(house.world.lena)}
    quoted = program.post("/redemptions/quote", lena | {"code": made.pin}).get_json()
    assert (quoted["claim_id"], quoted["options"][0]["points_due"]) == (str(made.id), 0)
    assert code_of(program.post("/redemptions/quote", lena | {"code": made.code})) == (403, "pin_needed")
    omar = BERLIN | {"member_id": str(house.world.omar), "code": made.pin}
    assert code_of(program.post("/redemptions", omar)) == (401, "wrong_pin")
    order = program.post("/redemptions", BERLIN | lena | {"code": made.pin}).get_json()
    assert program.post(f"/redemptions/{order['booking_id']}/cancel", {}).status_code == 200
    for _ in range(5):
        assert code_of(program.post("/redemptions/quote", lena | {"code": wrong})) == (401, "wrong_pin")
    for body in (lena | {"code": made.pin}, lena | {"code": wrong}):
        assert code_of(program.post("/redemptions/quote", body)) == (429, "locked_out")
    assert made.pin not in str(shop.facts() | {"trail": shop.rows("audit_records")})


def test_a_reward_that_its_claims_own_code_opens_is_not_redeemed_without_a_claim(house: House) -> None:
    program = Program.of(house, Scope.REDEMPTIONS)
    reward_id = create_reward(house.shop.session, redemption_types=(RedemptionType.EXTERNAL_QR,))
    wish = {"branch": "BER", "member_id": str(house.world.lena), "reward_id": str(reward_id)}
    assert code_of(program.post("/redemptions/quote", wish)) == (409, "claim_needed")
    assert code_of(program.post("/redemptions", BERLIN | wish)) == (409, "claim_needed")
    assert house.shop.balance() == (5000, 0)


def reserved(house: House, program: Program) -> str:
    wish = BERLIN | {"member_id": str(house.world.lena), **mix_of(house)}
    return f"/redemptions/{program.post('/redemptions', wish).get_json()['booking_id']}"


def voucher(code: str, amount: int) -> dict[str, object]:
    return {"type": "voucher", "reference": code, **eur(amount)}


@on_both
def test_a_voucher_and_cash_pay_together_and_a_reversal_gives_the_whole_voucher_back(house: House) -> None:
    with_vouchers(house, "PAPER-300,3.00", "PAPER-500,5.00")
    program, shop = Program.of(house), house.shop
    path = reserved(house, program)
    tenders = [{"type": "cash", **eur(100)}, voucher("PAPER-300", 300)]
    done = program.post(f"{path}/confirm", {"tenders": tenders}).get_json()
    assert [(tender["type"], tender["amount"]) for tender in done["tenders"]] == [
        ("cash", eur(100)),
        ("voucher", eur(300)),
    ]
    kept = shop.facts() | {"trail": shop.rows("audit_records"), "postings": shop.rows("postings")}
    assert "PAPER-300" not in str(kept)
    other = reserved(house, program)
    used = program.post(
        f"{other}/confirm", {"tenders": [voucher("PAPER-300", 300), {"type": "cash", **eur(100)}]}
    )
    assert code_of(used) == (409, "voucher_used")
    # Worth more than what is due: spent whole, no change.
    assert program.post(f"{other}/confirm", {"tenders": [voucher("PAPER-500", 400)]}).status_code == 200
    program.post(f"{path}/reversal", {"reason": "faulty_goods"})
    third = reserved(house, program)
    assert program.post(f"{third}/confirm", {"tenders": tenders}).get_json()["status"] == "completed"


def test_a_voucher_that_does_not_fit_is_refused_and_stays_unspent(house: House) -> None:
    program, shop = Program.of(house, Scope.REDEMPTIONS), house.shop
    path = reserved(house, program)
    refused = program.post(f"{path}/confirm", {"tenders": [voucher("PAPER-300", 300)]})
    assert code_of(refused) == (409, "tender_not_accepted")
    with_vouchers(house, "PAPER-300,3.00")
    tries = [
        ([voucher("PAPER-300", 300)], (422, "tenders_do_not_add_up")),
        ([voucher("PAPER-300", 400)], (422, "invalid_input")),
        ([voucher("PAPER-300", 200), voucher("PAPER-300", 200)], (422, "invalid_input")),
        ([{"type": "voucher", **eur(400)}], (422, "tender_reference_needed")),
        ([voucher("PAPER-301", 400)], (404, "voucher_unknown")),
    ]
    before = shop.facts()
    for tenders, expected in tries:
        assert code_of(program.post(f"{path}/confirm", {"tenders": tenders})) == expected
        assert shop.facts() == before
    paid = [voucher("PAPER-300", 300), {"type": "cash", **eur(100)}]
    assert program.post(f"{path}/confirm", {"tenders": paid}).status_code == 200
    again = program.post(f"{path}/confirm", {"tenders": paid})
    assert code_of(again) == (409, "redemption_closed")


def test_five_wrong_vouchers_lock_the_client_for_codes_and_vouchers(house: House) -> None:
    with_vouchers(house, "PAPER-400,4.00")
    program, other = Program.of(house, Scope.REDEMPTIONS), Program.of(house, Scope.REDEMPTIONS)
    path, others = reserved(house, program), reserved(house, other)
    for number in range(5):
        guessed = program.post(f"{path}/confirm", {"tenders": [voucher(f"GUESS-{number}", 400)]})
        assert code_of(guessed) == (404, "voucher_unknown")
    good = {"tenders": [voucher("PAPER-400", 400)]}
    assert code_of(program.post(f"{path}/confirm", good)) == (429, "too_many_attempts")
    assert other.post(f"{others}/confirm", good).status_code == 200


def test_what_was_asked_shows_no_code_when_it_is_printed() -> None:
    tender = TenderWish(type="voucher", amount_minor=400, currency="EUR", reference="PAPER-400")
    asked = [Line(code="123456"), Confirmation(tenders=[tender])]
    assert "123456" not in repr(asked)
    assert "PAPER" not in repr(asked)
