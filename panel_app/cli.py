"""The command countermark."""

import click


@click.group()
def main() -> None:
    """Countermark: the in-store redemption panel."""
