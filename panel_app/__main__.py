"""`python -m panel_app` is the command countermark."""

from panel_app.cli import main

main(prog_name="countermark")
