"""What must hold of lots and pending credits, as SQL that answers the ids of what is broken."""

# What a lot has given away for good: earmarked by holds that are open or captured, or drawn by debits.
_TAKEN = """SELECT m.lot_id, m.points FROM earmarks m JOIN holds h ON h.id = m.hold_id
  WHERE h.status IN ('held', 'captured') UNION ALL SELECT lot_id, points FROM draws"""
# The same by the entry that took it.
_TAKEN_BY = """SELECT e.id AS taken_by, m.lot_id, m.points FROM earmarks m JOIN entries e ON e.hold_id = m.hold_id
  UNION ALL SELECT entry_id, lot_id, points FROM draws"""

LOT_QUERIES = [
    (
        "lots",
        "a lot's remaining points are not what was taken from it and given back to it",
        f"""SELECT l.id FROM lots l
        LEFT JOIN (SELECT lot_id, sum(points) AS total FROM ({_TAKEN}) AS each_taken GROUP BY lot_id) t
          ON t.lot_id = l.id
        LEFT JOIN (
          SELECT lot_id, sum(points) AS total FROM givebacks WHERE into_lot_id = lot_id GROUP BY lot_id
        ) g ON g.lot_id = l.id
        WHERE l.points - l.remaining <> coalesce(t.total, 0) - coalesce(g.total, 0)""",
    ),
    (
        "lots",
        "a member's lots do not sum to what is available",
        """SELECT b.member_id FROM balances b
        LEFT JOIN (
          SELECT member_id, sum(remaining) AS total FROM lots WHERE remaining > 0 GROUP BY member_id
        ) l ON l.member_id = b.member_id
        WHERE b.posted - b.held <> coalesce(l.total, 0)""",
    ),
    (
        "lots",
        "a hold's earmarks are not its points",
        """SELECT h.id FROM holds h
        LEFT JOIN (SELECT hold_id, sum(points) AS total FROM earmarks GROUP BY hold_id) m ON m.hold_id = h.id
        WHERE h.points <> coalesce(m.total, 0)""",
    ),
    (
        "lots",
        "an entry's points are not what it put into lots and took from them",
        """SELECT e.id FROM entries e
        LEFT JOIN (SELECT entry_id, sum(points) AS total FROM draws GROUP BY entry_id) d ON d.entry_id = e.id
        LEFT JOIN (
          SELECT entry_id, sum(points) AS total FROM givebacks WHERE into_lot_id = lot_id GROUP BY entry_id
        ) g ON g.entry_id = e.id
        LEFT JOIN holds h ON h.id = e.hold_id
        LEFT JOIN lots l ON l.entry_id = e.id
        WHERE e.points <> coalesce(l.points, 0) + coalesce(g.total, 0) - coalesce(d.total, 0)
          - coalesce(h.points, 0)""",
    ),
    (
        "lots",
        "more points were given back to a lot than were taken from it",
        f"""SELECT g.taken_by FROM (
          SELECT taken_by, lot_id, sum(points) AS total FROM givebacks GROUP BY taken_by, lot_id
        ) g LEFT JOIN (
          SELECT taken_by, lot_id, sum(points) AS total FROM ({_TAKEN_BY}) AS each_taken GROUP BY 1, 2
        ) t ON t.taken_by = g.taken_by AND t.lot_id = g.lot_id
        WHERE g.total > coalesce(t.total, 0)""",
    ),
    (
        "lots",
        "points given back past a lot's expiry have no lot with a grace",
        """SELECT g.entry_id FROM givebacks g LEFT JOIN lots l ON l.id = g.into_lot_id
        WHERE g.into_lot_id <> g.lot_id GROUP BY g.entry_id, g.into_lot_id, l.points, l.entry_id
        HAVING l.entry_id IS NULL OR l.entry_id <> g.entry_id OR sum(g.points) > l.points""",
    ),
    (
        "pending",
        "a credit is posted without its entry, or has one without being posted",
        """SELECT p.id FROM pendings p LEFT JOIN entries e
          ON e.id = p.id AND e.points = p.points AND e.member_id = p.member_id AND e.type = p.type
        WHERE (p.status = 'posted') <> (e.id IS NOT NULL)""",
    ),
    (
        "pending",
        "something is due on a member before the balance says so",
        """SELECT b.member_id FROM balances b JOIN (
          SELECT member_id, expires_at AS at FROM lots WHERE remaining > 0 AND expires_at IS NOT NULL
          UNION ALL SELECT member_id, posts_at FROM pendings WHERE status = 'pending'
        ) d ON d.member_id = b.member_id
        WHERE b.due_at IS NULL OR d.at < b.due_at""",
    ),
]
