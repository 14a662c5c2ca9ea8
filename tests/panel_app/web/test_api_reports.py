"""The transaction report over HTTP: pages, the file with its link to the next one, and what is kept of both."""

import csv
import io
from urllib.parse import parse_qs, urlsplit

import pytest

from panel_app.programme.scopes import Scope
from panel_app.web.api import report_routes
from tests.panel_app.web.house import House, on_both
from tests.panel_app.web.program import Program, code_of

REPORT = "/reports/transactions"


def lines_of(answer: object) -> list[list[str]]:
    text = answer.get_data().decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline=""), strict=True))


@on_both
def test_the_report_is_paged_by_its_cursor_and_filtered(house: House) -> None:
    program, shop = Program.of(house, Scope.REPORTS), house.shop
    shop.redeem(shop.claim(house.world.tea).code)
    first = program.get(f"{REPORT}?limit=3").get_json()
    assert [(one["type"], one["points"], one["member"]) for one in first["items"]] == [
        ("Debit By Redemption", -300, "M-1"),
        ("Hold Placed", 0, "M-1"),
        ("Earn", 5000, "M-3"),
    ]
    shop.later(seconds=1)
    shop.credit(house.world.lena, 7)
    second = program.get(f"{REPORT}?limit=3&cursor={first['next_cursor']}").get_json()
    assert [(one["type"], one["member"]) for one in second["items"]] == [("Earn", "M-2"), ("Earn", "M-1")]
    assert second["next_cursor"] is None
    of_anna = program.get(f"{REPORT}?operator=anna&branch=BER&on_behalf=false&type=Hold+Placed").get_json()
    assert [(one["till"], one["concerned"], one["created_at"]) for one in of_anna["items"]] == [
        ("1", 300, "2026-03-02T12:00:00Z")
    ]
    day = program.get(f"{REPORT}?from=2026-03-02T13:00:01%2B01:00&to=2026-03-03T00:00:00Z").get_json()
    assert [one["points"] for one in day["items"]] == [7]


@on_both
def test_the_file_has_every_row_in_portions(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report_routes, "PORTION_ROWS", 2)
    program, shop = Program.of(house, Scope.REPORTS), house.shop
    order = {"points": 5, "type": "goodwill", "reference": '=HYPERLINK("https://evil.example")'}
    Program.of(house).post(f"/members/{house.world.lena}/credits", order)
    shop.redeem(shop.claim(house.world.tea).code)
    answer = program.get(f"{REPORT}.csv")
    assert (answer.status_code, answer.content_type) == (200, "text/csv; charset=utf-8")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="transactions.csv"'
    assert "Link" not in answer.headers
    names, *rows = lines_of(answer)
    assert len(rows) == 6
    assert {len(row) for row in rows} == {len(names)}
    goodwill = next(row for row in rows if row[1] == "Goodwill Credit")
    assert goodwill[names.index("Reference")] == '\'=HYPERLINK("https://evil.example")'
    told = program.get(REPORT).get_json()["items"]
    assert [row[names.index("ID")] for row in rows] == [one["id"] for one in told]
    assert [row[names.index("Points")] for row in rows] == [str(one["points"]) for one in told]


def test_a_file_leads_to_the_next_one_until_there_is_none(house: House) -> None:
    program, seen = Program.of(house, Scope.REPORTS), []
    for points in range(1, 5):
        house.shop.credit(house.world.lena, points)
    address = f"{REPORT}.csv?limit=3&source=system&type=Earn"
    while address:
        answer = program.get(address)
        rows = lines_of(answer)[1:]
        seen.append([int(row[4]) for row in rows])
        link = answer.headers.get("Link", "")
        address = link.partition(">")[0].removeprefix("</api/v1")
        if link:
            assert link.endswith('>; rel="next"')
            query = parse_qs(urlsplit(address).query)
            assert (query["limit"], query["source"], query["type"]) == (["3"], ["system"], ["Earn"])
        house.shop.credit(house.world.omar, 99)
    assert [len(part) for part in seen] == [3, 3, 1]
    assert sorted(point for part in seen for point in part) == [1, 2, 3, 4, 5000, 5000, 5000]


def test_of_a_file_is_kept_who_took_it_and_how_much_and_not_what_was_typed(house: House) -> None:
    program = Program.of(house, Scope.REPORTS)
    assert program.get(f"{REPORT}.csv?member=M-1&operator=lena.sommer").status_code == 200
    assert program.get(f"{REPORT}.csv?member=M-1&limit=1").status_code == 200
    assert code_of(program.get(f"{REPORT}.csv?more=lena")) == (422, "invalid_input")
    records = house.shop.rows("audit_records")[-3:]
    assert [(one["action"], one["details"]) for one in records] == [
        ("api.export_transactions", {"status": 200, "rows": 0, "fields": ["member", "operator"]}),
        ("api.export_transactions", {"status": 200, "rows": 1, "fields": ["limit", "member"]}),
        ("api.export_transactions", {"status": 422}),
    ]
    assert "lena" not in str([one["details"] for one in records])


@pytest.mark.parametrize(
    "query",
    ["type=Gift", "limit=0", "limit=501", "cursor=x", "on_behalf=perhaps", "from=yesterday", "more=1"],
)
def test_a_wrong_question_is_told_by_its_field(house: House, query: str) -> None:
    answer = Program.of(house, Scope.REPORTS).get(f"{REPORT}?{query}")
    assert code_of(answer) == (422, "invalid_input")
    assert answer.get_json()["errors"][0]["field"] == query.partition("=")[0]


def test_a_key_of_one_branch_gets_that_branchs_rows_in_both_forms(house: House) -> None:
    shop = house.shop
    shop.redeem(shop.claim(house.world.tea).code)
    shop.redeem(shop.claim(house.world.tea).code, house.world.london)
    program = Program.of(house, Scope.REPORTS, branch_ids=(house.world.london.branch(),))
    assert {one["branch"] for one in program.get(REPORT).get_json()["items"]} == {"LON"}
    assert {row[10] for row in lines_of(program.get(f"{REPORT}.csv"))[1:]} == {"LON"}
    for form in ("", ".csv"):
        for branch in ("BER", "NOWHERE"):
            assert code_of(program.get(f"{REPORT}{form}?branch={branch}")) == (403, "not_allowed")


def test_a_reader_who_takes_time_keeps_no_connection(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report_routes, "PORTION_ROWS", 1)
    program = Program.of(house, Scope.REPORTS)
    before = house.database.engine.pool.checkedout()
    answer = program.get(f"{REPORT}.csv", buffered=False)
    portions = answer.iter_encoded()
    assert next(portions).startswith(b"\xef\xbb\xbfTime")
    assert b",Earn," in next(portions)
    assert house.database.engine.pool.checkedout() == before
    answer.close()
