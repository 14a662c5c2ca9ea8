"""The marketplace's own voucher codes: each is sold once, or lies there again. Knows no points and no panel."""

import csv
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

_TABLE = """
    CREATE TABLE IF NOT EXISTS vouchers (
        code TEXT PRIMARY KEY,
        reward TEXT NOT NULL,
        booking_id TEXT UNIQUE,
        is_sold INTEGER NOT NULL DEFAULT 0
    ) STRICT
"""


@dataclass(frozen=True, slots=True)
class VoucherStock:
    """A file of codes. What is drawn is on disk before the points are taken, so no crash sells a code twice."""

    file: Path

    @classmethod
    def opened(cls, file: Path) -> "VoucherStock":
        stock = cls(file)
        stock._write(_TABLE)
        return stock

    def fill(self, vouchers: Iterable[tuple[str, str]]) -> None:
        """Reward name and code; a code that is known already stays as it is."""
        for reward, code in vouchers:
            self._write(
                "INSERT INTO vouchers (reward, code) VALUES (?, ?) ON CONFLICT DO NOTHING", reward, code
            )

    def fill_from(self, csv_file: Path) -> None:
        """Lines of `reward name,code`."""
        with csv_file.open(encoding="utf-8", newline="") as lines:
            self.fill((reward, code) for reward, code in csv.reader(lines))

    def draw(self, reward: str, booking_id: str) -> str | None:
        """Set a code aside for a booking, the same one when it asks again; None when there is none left."""
        rows = self._write(
            """UPDATE vouchers SET booking_id = ?1 WHERE code = coalesce(
                   (SELECT code FROM vouchers WHERE booking_id = ?1),
                   (SELECT code FROM vouchers WHERE reward = ?2 AND booking_id IS NULL LIMIT 1))
               RETURNING code""",
            booking_id,
            reward,
        )
        return rows[0] if rows else None

    def sell(self, booking_id: str) -> None:
        self._write("UPDATE vouchers SET is_sold = 1 WHERE booking_id = ?", booking_id)

    def put_back(self, booking_id: str) -> None:
        """A code that was set aside lies there again. One that was sold is in somebody's hands and stays sold."""
        self._write("UPDATE vouchers SET booking_id = NULL WHERE booking_id = ? AND is_sold = 0", booking_id)

    def drawn(self) -> list[str]:
        """The bookings whose code is set aside and not sold: a crash may have left them."""
        return self._write("SELECT booking_id FROM vouchers WHERE booking_id IS NOT NULL AND is_sold = 0")

    def count(self) -> int:
        """How many codes nobody has."""
        return len(self._write("SELECT code FROM vouchers WHERE booking_id IS NULL"))

    def _write(self, statement: str, *values: str) -> list[str]:
        with closing(sqlite3.connect(self.file, timeout=10)) as connection, connection:
            return [row[0] for row in connection.execute(statement, values)]
