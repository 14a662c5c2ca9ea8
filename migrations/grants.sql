-- What the panel's own role may do on PostgreSQL, so that the server does not run as the owner of the tables.
-- The owner makes the role once:   CREATE ROLE countermark_panel LOGIN PASSWORD '…';
-- and runs this after every migration:   psql "$DATABASE_URL" -f migrations/grants.sql
-- Then DATABASE_URL of countermark serve names countermark_panel; migrations keep the owner's.

GRANT USAGE ON SCHEMA public TO countermark_panel;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO countermark_panel;

-- Records that are never changed: the panel may add to them and read them, whatever becomes of the triggers.
REVOKE UPDATE, DELETE ON
    entries, postings, hold_events, earmarks, draws, givebacks, leaves, seals, audit_records,
    stock_movements
FROM countermark_panel;

-- State that is moved on and never dropped.
REVOKE DELETE ON accounts, balances, holds, lots, pendings, outcomes, redemptions, conversions FROM countermark_panel;

REVOKE INSERT, UPDATE, DELETE ON alembic_version FROM countermark_panel;
