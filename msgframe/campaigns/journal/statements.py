"""What the journal asks its database, in SQL that SQLite and PostgreSQL both understand."""

from __future__ import annotations

import sqlalchemy as sa

CAMPAIGN = sa.text("SELECT id, name, fingerprint FROM campaigns WHERE name = :name")

#: Until something was taken, or may have been, a campaign may still go to another vendor.
ADDRESS = sa.text("""
    UPDATE campaigns SET vendor = :vendor
    WHERE name = :name AND (vendor IS NULL OR NOT EXISTS (
        SELECT 1 FROM requests
        WHERE campaign = campaigns.id AND state IN ('in flight', 'accepted', 'unknown')))""")

VENDOR = sa.text("SELECT vendor FROM campaigns WHERE name = :name")

CAMPAIGNS = sa.text("""
    SELECT name, fingerprint, made_at, people, held, campaigns.requests,
        count(*) FILTER (WHERE state = 'planned'), count(*) FILTER (WHERE state = 'in flight'),
        count(*) FILTER (WHERE state = 'accepted'), count(*) FILTER (WHERE state = 'failed'),
        count(*) FILTER (WHERE state = 'unknown')
    FROM campaigns LEFT JOIN requests ON requests.campaign = campaigns.id
    GROUP BY campaigns.id, name, fingerprint, made_at, people, held, campaigns.requests
    ORDER BY campaigns.id""")

CAMPAIGNS_SINCE = sa.text("""
    SELECT name FROM campaigns
    WHERE EXISTS (SELECT 1 FROM requests WHERE campaign = campaigns.id AND tried_at >= :since)
    ORDER BY id""")

NAMES = sa.text("SELECT name FROM campaigns ORDER BY id")

NEW_CAMPAIGN = sa.text("""
    INSERT INTO campaigns (name, fingerprint, made_at, people, requests, held)
    VALUES (:name, :fingerprint, :made_at, :people, :requests, :held)
    ON CONFLICT (name) DO NOTHING RETURNING id""")

REQUESTS = sa.text("""
    SELECT request, wave, not_before, recipients, state, attempts, tried_at, answered_at, code,
        status, verification_id, transaction_id, error
    FROM requests WHERE campaign = :campaign ORDER BY request""")

NEW_SENDER = sa.text("""
    INSERT INTO senders (campaign, host, pid, began_at)
    VALUES (:campaign, :host, :pid, :began_at) RETURNING id""")

LAST_SENDER = sa.text("""
    SELECT host, pid FROM senders WHERE campaign = :campaign ORDER BY id DESC LIMIT 1""")

SENDERS_IN_FLIGHT = sa.text("""
    SELECT DISTINCT senders.id, senders.host, senders.pid
    FROM requests JOIN senders ON senders.id = requests.sender
    WHERE requests.campaign = :campaign AND requests.state = 'in flight'""")

#: The first wave that has something open. The condition is spelled as in the index
#: `requests_open`: otherwise SQLite would read every request there is.
_WAVE = """(SELECT min(wave) FROM requests
    WHERE campaign = :campaign AND state IN ('planned', 'in flight'))"""

#: Waves go out one after the other: the next begins when this one is heard of to its end.
_PLANNED = f"""
    SELECT request, attempts, recipients FROM requests
    WHERE campaign = :campaign AND state IN ('planned', 'in flight') AND state = 'planned'
      AND wave = {_WAVE} AND wave <= :last AND not_before <= :now
    ORDER BY not_before, request LIMIT :wanted"""  # noqa: S608  (constants alone)

#: What may go now; of senders that ask at once, each gets others.
PLANNED = {
    "sqlite": sa.text(_PLANNED),
    "postgresql": sa.text(f"{_PLANNED} FOR UPDATE SKIP LOCKED"),
}

TAKEN = sa.text("""
    UPDATE requests SET state = 'in flight', attempts = attempts + 1, sender = :sender,
        tried_at = :now, answered_at = NULL, code = NULL, status = NULL, error = NULL
    WHERE campaign = :campaign AND request = :request""")

#: An answer counts for the try that it belongs to, and also where that was given up already.
HEARD = sa.text("""
    UPDATE requests SET state = :state, answered_at = :answered_at, code = :code,
        status = :status, verification_id = :verification_id, transaction_id = :transaction_id,
        error = :error
    WHERE campaign = :campaign AND request = :request AND attempts = :attempt
      AND state IN ('in flight', 'unknown')""")

AGAIN = sa.text("""
    UPDATE requests SET state = 'planned'
    WHERE campaign = :campaign AND state IN :states""").bindparams(
    sa.bindparam("states", expanding=True)
)

UNKNOWN = sa.text("""
    SELECT name, request FROM requests JOIN campaigns ON campaigns.id = requests.campaign
    WHERE state = 'unknown'""")

#: A receipt proves that a request was taken; that none came proves nothing.
SETTLED = sa.text("""
    UPDATE requests SET state = 'accepted', error = :error
    WHERE campaign = (SELECT id FROM campaigns WHERE name = :campaign)
      AND request = :request AND state = 'unknown'""")

WAITING = sa.text("""
    SELECT coalesce(sum(recipients), 0) FROM requests
    WHERE campaign = :campaign AND state IN ('planned', 'in flight') AND wave <= :last""")

LOST = sa.text("""
    UPDATE requests SET state = 'unknown', error = :error
    WHERE campaign = :campaign AND sender = :sender AND state = 'in flight'""")

OPEN = sa.text(f"""
    SELECT
        EXISTS (SELECT 1 FROM requests WHERE campaign = :campaign AND state = 'in flight')
            AS in_flight,
        (SELECT not_before FROM requests
         WHERE campaign = :campaign AND state IN ('planned', 'in flight') AND state = 'planned'
           AND wave = {_WAVE} AND wave <= :last ORDER BY not_before LIMIT 1) AS next""")  # noqa: S608  (likewise)

CLOCK = sa.text("SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS bigint)")

BUCKET = {
    "sqlite": sa.text("SELECT requests, recipients, moved_at, closed_until FROM buckets"),
    "postgresql": sa.text(
        "SELECT requests, recipients, moved_at, closed_until FROM buckets FOR UPDATE"
    ),
}

NEW_BUCKET = sa.text("""
    INSERT INTO buckets (name, requests, recipients, moved_at, closed_until)
    VALUES ('all', :requests, :recipients, :moved_at, :closed_until)
    ON CONFLICT (name) DO UPDATE SET requests = excluded.requests,
        recipients = excluded.recipients, moved_at = excluded.moved_at,
        closed_until = excluded.closed_until""")

NEW_PART = sa.text("INSERT INTO plans (campaign, part, bytes) VALUES (:campaign, :part, :bytes)")

PARTS = sa.text("SELECT bytes FROM plans WHERE campaign = :campaign ORDER BY part")
