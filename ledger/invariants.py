"""What must hold of holds, entries and postings, as SQL that answers the ids of what is broken."""

_MOVED = "SELECT entry_id, account_id, asset, sum(amount) AS total FROM postings GROUP BY 1, 2, 3"
_REVERSED = """SELECT e.reverses_id, p.account_id, p.asset, sum(p.amount) AS total
  FROM entries e JOIN postings p ON p.entry_id = e.id WHERE e.reverses_id IS NOT NULL GROUP BY 1, 2, 3"""

QUERIES = [
    (
        "I1",
        "available below the floor, or held below 0",
        "SELECT member_id FROM balances WHERE posted - held < 0 OR held < 0",
    ),
    (
        "I2",
        "a member's posted points are not the sum of the postings",
        """SELECT b.member_id FROM balances b
        LEFT JOIN (SELECT account_id, sum(amount) AS total FROM postings GROUP BY account_id) p
          ON p.account_id = b.account_id
        WHERE b.posted <> coalesce(p.total, 0)""",
    ),
    (
        "I2",
        "a member's account has no balance of its own",
        """SELECT a.id FROM accounts a
        LEFT JOIN balances b ON b.account_id = a.id AND b.member_id = a.owner_id
        WHERE a.kind = 'member' AND b.member_id IS NULL""",
    ),
    (
        "I3",
        "held points are not the sum of the open holds",
        """SELECT b.member_id FROM balances b
        LEFT JOIN (
          SELECT member_id, sum(points) AS total FROM holds WHERE status = 'held' GROUP BY member_id
        ) h ON h.member_id = b.member_id
        WHERE b.held <> coalesce(h.total, 0)""",
    ),
    (
        "I4",
        "the postings of an entry do not sum to zero",
        "SELECT entry_id FROM postings GROUP BY entry_id, asset HAVING sum(amount) <> 0",
    ),
    (
        "I4",
        "an entry has more or fewer postings than it was closed with",
        """SELECT e.id FROM entries e
        LEFT JOIN (SELECT entry_id, count(*) AS lines FROM postings GROUP BY entry_id) p ON p.entry_id = e.id
        WHERE e.lines <> coalesce(p.lines, 0)""",
    ),
    (
        "I4",
        "postings without an entry",
        """SELECT DISTINCT p.entry_id FROM postings p LEFT JOIN entries e ON e.id = p.entry_id
        WHERE e.id IS NULL OR e.member_id <> p.member_id""",
    ),
    (
        "I4",
        "a posting's asset is not its account's",
        """SELECT p.entry_id FROM postings p LEFT JOIN accounts a ON a.id = p.account_id AND a.asset = p.asset
        WHERE a.id IS NULL""",
    ),
    (
        "I4",
        "an entry's points are not its leg on the member's account",
        """SELECT e.id FROM entries e
        JOIN balances b ON b.member_id = e.member_id
        LEFT JOIN postings p ON p.entry_id = e.id AND p.account_id = b.account_id
        GROUP BY e.id, e.points HAVING e.points <> coalesce(sum(p.amount), 0)""",
    ),
    (
        "I5",
        "a captured hold without its one capture",
        """SELECT h.id FROM holds h LEFT JOIN entries e ON e.hold_id = h.id
        WHERE h.status = 'captured' GROUP BY h.id, h.closing_entry_id, h.points, h.member_id
        HAVING count(e.id) <> 1 OR h.closing_entry_id IS NULL
          OR sum(CASE WHEN e.id = h.closing_entry_id AND e.points BETWEEN -h.points AND -1
            AND e.member_id = h.member_id THEN 1 ELSE 0 END) <> 1""",
    ),
    (
        "I5",
        "a capture of a hold that is not captured",
        """SELECT e.id FROM entries e LEFT JOIN holds h ON h.id = e.hold_id
        WHERE e.hold_id IS NOT NULL AND (h.id IS NULL OR h.status <> 'captured')""",
    ),
    (
        "I5",
        "a hold's events do not tell how it was closed",
        """SELECT h.id FROM holds h
        LEFT JOIN entries e ON e.hold_id = h.id
        LEFT JOIN hold_events v ON v.hold_id = h.id AND v.event IN ('captured', 'released', 'expired')
        GROUP BY h.id, h.status, h.points, e.points
        HAVING count(v.id) <> CASE WHEN h.status = 'held' THEN 0 WHEN -e.points < h.points THEN 2 ELSE 1 END
          OR min(v.event) <> h.status
          OR sum(CASE WHEN v.event <> h.status THEN v.points ELSE 0 END)
            <> CASE WHEN h.status = 'captured' THEN h.points + e.points ELSE 0 END""",
    ),
    (
        "I6",
        "reversals undid more points than the entry moved",
        f"""SELECT o.id FROM entries o JOIN ({_REVERSED}) r ON r.reverses_id = o.id
        JOIN accounts a ON a.id = r.account_id AND a.kind <> 'member'
        JOIN ({_MOVED}) m ON m.entry_id = o.id AND m.account_id = r.account_id AND m.asset = r.asset
        WHERE abs(r.total) > abs(m.total) OR r.total * m.total > 0""",
    ),
    (
        "I6",
        "a reversal moves what its entry did not",
        f"""SELECT o.id FROM entries o JOIN ({_REVERSED}) r ON r.reverses_id = o.id
        JOIN accounts a ON a.id = r.account_id AND a.kind NOT IN ('member', 'claims', 'unrecovered')
        LEFT JOIN ({_MOVED}) m ON m.entry_id = o.id AND m.account_id = r.account_id
        WHERE m.entry_id IS NULL AND r.total <> 0""",
    ),
    (
        "I6",
        "reversals are not numbered without a gap, or one reverses another member's entry or a reversal",
        """SELECT e.id FROM (
          SELECT id, reverses_id, member_id, reversal_number,
            row_number() OVER (PARTITION BY reverses_id ORDER BY reversal_number) AS place
          FROM entries WHERE reverses_id IS NOT NULL
        ) e LEFT JOIN entries o ON o.id = e.reverses_id
        WHERE e.reversal_number <> e.place OR o.id IS NULL OR o.member_id <> e.member_id
          OR o.reverses_id IS NOT NULL""",
    ),
    (
        "I6",
        "unrecovered points are not the reversal's leg on their account",
        """SELECT e.id FROM entries e
        LEFT JOIN (
          SELECT p.entry_id, sum(p.amount) AS total FROM postings p
          JOIN accounts a ON a.id = p.account_id AND a.kind = 'unrecovered' GROUP BY p.entry_id
        ) u ON u.entry_id = e.id
        WHERE coalesce(e.unrecovered, 0) <> -coalesce(u.total, 0)""",
    ),
    (
        "I7",
        "a capture at or after the hold's expiry",
        """SELECT e.id FROM entries e JOIN holds h ON h.id = e.hold_id
        WHERE e.created_at >= h.expires_at OR h.closed_at >= h.expires_at""",
    ),
    (
        "I7",
        "a hold does not end when its events say",
        # An extension never shortens, so the latest moment is the newest event's.
        """SELECT h.id FROM holds h
        LEFT JOIN (SELECT hold_id, max(expires_at) AS expires_at FROM hold_events GROUP BY hold_id) v
          ON v.hold_id = h.id
        WHERE v.expires_at IS NULL OR v.expires_at <> h.expires_at""",
    ),
    (
        "I8",
        "an entry's number or balance does not follow from the one before",
        """SELECT id FROM (
          SELECT id, number, balance_after,
            row_number() OVER numbered AS place, sum(points) OVER numbered AS total
          FROM entries WHERE number IS NOT NULL WINDOW numbered AS (PARTITION BY member_id ORDER BY number)
        ) AS following WHERE number <> place OR balance_after <> total""",
    ),
    (
        "I8",
        "a member's count of entries is not the number of them",
        """SELECT b.member_id FROM balances b
        LEFT JOIN (SELECT member_id, count(number) AS counted FROM entries GROUP BY member_id) e
          ON e.member_id = b.member_id
        WHERE b.entries <> coalesce(e.counted, 0)""",
    ),
    (
        "I9",
        "a key that was claimed has no outcome",
        "SELECT key FROM outcomes WHERE status = 'running'",
    ),
    (
        "I9",
        "a Redemption Reversal reverses nothing",
        "SELECT id FROM entries WHERE type = 'Redemption Reversal' AND reverses_id IS NULL",
    ),
    (
        "I14",
        "a cash leg without its other side, or cash in an entry that is no redemption and no reversal",
        """SELECT e.id FROM entries e JOIN postings p ON p.entry_id = e.id
        JOIN accounts a ON a.id = p.account_id AND a.kind IN ('cash', 'takings')
        GROUP BY e.id, e.type, p.asset
        HAVING sum(CASE WHEN a.kind = 'cash' THEN p.amount ELSE 0 END)
            <> -sum(CASE WHEN a.kind = 'takings' THEN p.amount ELSE 0 END)
          OR e.type NOT IN ('Debit By Redemption', 'Debit By On Behalf Redemption', 'Redemption Reversal')""",
    ),
    (
        "I14",
        "a cash reference counts more than once",
        """SELECT min(p.entry_id) FROM (
          SELECT CAST(entry_id AS TEXT) AS entry_id, account_id, reference FROM postings
          WHERE reference IS NOT NULL AND amount > 0
        ) p JOIN accounts a ON a.id = p.account_id AND a.kind = 'cash'
        GROUP BY p.account_id, p.reference HAVING count(*) > 1""",
    ),
    (
        "I15",
        "on behalf is not told by the type",
        """SELECT id FROM entries
        WHERE type IN ('Debit By Redemption', 'Debit By On Behalf Redemption') AND reverses_id IS NULL
          AND (type = 'Debit By On Behalf Redemption') <> (CAST(on_behalf AS INTEGER) = 1)""",
    ),
    (
        "I15",
        "a reversal is not tagged on behalf as its entry was",
        """SELECT e.id FROM entries e JOIN entries o ON o.id = e.reverses_id
        WHERE e.on_behalf <> o.on_behalf""",
    ),
    (
        "I18",
        "a hold is still open long after its expiry",
        "SELECT id FROM holds WHERE status = 'held' AND expires_at <= :overdue",
    ),
    (
        "I17",
        "a number outside ±(2^53 − 1)",
        "SELECT entry_id FROM postings WHERE amount NOT BETWEEN -9007199254740991 AND 9007199254740991",
    ),
]

WHOLE_SQLITE = [
    (
        "I17",
        "an amount that is not a whole number",
        "SELECT entry_id FROM postings WHERE typeof(amount) <> 'integer'",
    ),
    (
        "I17",
        "a balance that is not a whole number",
        "SELECT member_id FROM balances WHERE typeof(posted) <> 'integer' OR typeof(held) <> 'integer'",
    ),
    (
        "I17",
        "points of an entry, a hold or a lot that are not whole numbers",
        """SELECT id FROM entries WHERE typeof(points) <> 'integer'
        UNION ALL SELECT id FROM holds WHERE typeof(points) <> 'integer'
        UNION ALL SELECT id FROM lots WHERE typeof(points) <> 'integer' OR typeof(remaining) <> 'integer'""",
    ),
]
