"""The page on which a USB scanner is tested; the browser judges what it does. Knows no code of the programme."""

from flask import Blueprint, render_template
from markupsafe import Markup

from panel_app.programme.access import Permission
from panel_app.web.permissions import needs
from scanner import code_128_svg, qr_svg

blueprint = Blueprint("scanner_setup", __name__, url_prefix="/counter/scanner")

# The letters that French and German keyboards have elsewhere, every digit, and the hyphen.
TEST_CODE = "TEST-AQZWYM-0123456789"


@blueprint.get("")
@needs(Permission.REDEEM)
def page() -> str:
    """Both test codes, and the verdicts that the page's script chooses from."""
    return render_template(
        "counter/scanner.html",
        test_code=TEST_CODE,
        qr_svg=Markup(qr_svg(TEST_CODE)),  # noqa: S704 - drawn by ourselves
        bars_svg=Markup(code_128_svg(TEST_CODE)),  # noqa: S704
    )
