"""The journal's tables and what it asks of them, in SQL that SQLite and PostgreSQL both understand.

A word in braces is one that differs (`databases.Database.WORDS`).
"""

from __future__ import annotations

import polars as pl

#: Migrations are only ever added: somebody's journal has run the ones that are here.
#: Moments are microseconds since 1970, UTC. A `not_before` of 0 is now.
MIGRATIONS = [
    """
    CREATE TABLE campaigns (
        id {serial},
        name TEXT NOT NULL UNIQUE,
        fingerprint TEXT NOT NULL,
        made_at BIGINT NOT NULL,
        people BIGINT NOT NULL,
        requests BIGINT NOT NULL,
        held BIGINT NOT NULL
    );
    CREATE TABLE requests (
        campaign BIGINT NOT NULL REFERENCES campaigns (id),
        request BIGINT NOT NULL,
        wave BIGINT NOT NULL,
        not_before BIGINT NOT NULL,
        recipients BIGINT NOT NULL,
        state TEXT NOT NULL DEFAULT 'planned',
        attempts INTEGER NOT NULL DEFAULT 0,
        sender BIGINT,
        tried_at BIGINT,
        answered_at BIGINT,
        code INTEGER,
        status INTEGER,
        verification_id TEXT,
        transaction_id TEXT,
        error TEXT,
        PRIMARY KEY (campaign, request)
    ) {clustered};
    CREATE INDEX requests_open ON requests (campaign, wave, not_before, request)
        WHERE state IN ('planned', 'in flight');
    CREATE INDEX requests_in_flight ON requests (campaign) WHERE state = 'in flight';
    CREATE TABLE senders (
        id {serial},
        campaign BIGINT NOT NULL REFERENCES campaigns (id),
        host TEXT NOT NULL,
        pid BIGINT NOT NULL,
        began_at BIGINT NOT NULL
    );
    CREATE TABLE buckets (
        name TEXT PRIMARY KEY,
        requests {real} NOT NULL,
        recipients {real} NOT NULL,
        moved_at BIGINT NOT NULL,
        closed_until BIGINT NOT NULL
    );
    CREATE TABLE plans (
        campaign BIGINT NOT NULL REFERENCES campaigns (id),
        part BIGINT NOT NULL,
        bytes {bytes} NOT NULL,
        PRIMARY KEY (campaign, part)
    )
    """,
    # To whom it went: what a sandbox took has reached nobody.
    "ALTER TABLE campaigns ADD COLUMN vendor TEXT",
]

#: The columns of a campaign's requests as the journal keeps them; moments in microseconds.
REQUESTS_SCHEMA = {
    "request": pl.UInt32,
    "wave": pl.UInt32,
    "not_before": pl.Int64,
    "recipients": pl.UInt32,
    "state": pl.String,
    "attempts": pl.UInt32,
    "tried_at": pl.Int64,
    "answered_at": pl.Int64,
    "code": pl.Int32,
    "status": pl.Int32,
    "verification_id": pl.String,
    "transaction_id": pl.String,
    "error": pl.String,
}

CAMPAIGN = "SELECT id, name, fingerprint, vendor FROM campaigns WHERE name = :name"

#: Until something was taken, or may have been, a campaign may still go to another vendor.
BIND_VENDOR = """
    UPDATE campaigns SET vendor = :vendor
    WHERE name = :name AND (vendor IS NULL OR NOT EXISTS (
        SELECT 1 FROM requests
        WHERE campaign = campaigns.id AND state IN ('in flight', 'accepted', 'unknown')))"""

CAMPAIGNS = """
    SELECT name, fingerprint, made_at, people, held, campaigns.requests,
        count(*) FILTER (WHERE state = 'planned'), count(*) FILTER (WHERE state = 'in flight'),
        count(*) FILTER (WHERE state = 'accepted'), count(*) FILTER (WHERE state = 'failed'),
        count(*) FILTER (WHERE state = 'unknown')
    FROM campaigns LEFT JOIN requests ON requests.campaign = campaigns.id
    GROUP BY campaigns.id, name, fingerprint, made_at, people, held, campaigns.requests
    ORDER BY campaigns.id"""

CAMPAIGNS_SINCE = """
    SELECT name FROM campaigns
    WHERE EXISTS (SELECT 1 FROM requests WHERE campaign = campaigns.id AND tried_at >= :since)
    ORDER BY id"""

NAMES = "SELECT name FROM campaigns ORDER BY id"

NEW_CAMPAIGN = """
    INSERT INTO campaigns (name, fingerprint, made_at, people, requests, held, vendor)
    VALUES (:name, :fingerprint, :made_at, :people, :requests, :held, :vendor)
    ON CONFLICT (name) DO NOTHING RETURNING id"""

REQUESTS = f"""
    SELECT {", ".join(REQUESTS_SCHEMA)} FROM requests
    WHERE campaign = :campaign ORDER BY request"""  # noqa: S608  (our own names)

NEW_SENDER = """
    INSERT INTO senders (campaign, host, pid, began_at)
    VALUES (:campaign, :host, :pid, :began_at) RETURNING id"""

LAST_SENDER = "SELECT host, pid FROM senders WHERE campaign = :campaign ORDER BY id DESC LIMIT 1"

SENDERS_IN_FLIGHT = """
    SELECT DISTINCT senders.id, senders.host, senders.pid
    FROM requests JOIN senders ON senders.id = requests.sender
    WHERE requests.campaign = :campaign AND requests.state = 'in flight'"""

#: The first wave that has something open. The condition is spelled as in the index
#: `requests_open`: otherwise SQLite would read every request there is.
_WAVE = """(SELECT min(wave) FROM requests
    WHERE campaign = :campaign AND state IN ('planned', 'in flight'))"""

#: What may go now; of senders that ask at once, each gets others. Waves go out one after the
#: other: the next begins when this one is heard of to its end.
PLANNED = f"""
    SELECT request, attempts + 1, recipients FROM requests
    WHERE campaign = :campaign AND state IN ('planned', 'in flight') AND state = 'planned'
      AND wave = {_WAVE} AND wave <= :last AND not_before <= :now
    ORDER BY not_before, request LIMIT :wanted {{skip_locked}}"""  # noqa: S608  (constants alone)

CLAIM = """
    UPDATE requests SET state = 'in flight', attempts = attempts + 1, sender = :sender,
        tried_at = :now, answered_at = NULL, code = NULL, status = NULL, error = NULL
    WHERE campaign = :campaign AND request = :request"""

#: An answer counts for the try that it belongs to, and also where that was given up already.
RECORD_OUTCOME = """
    UPDATE requests SET state = :state, answered_at = :now, code = :code, status = :status,
        verification_id = :verification_id, transaction_id = :transaction_id, error = :error
    WHERE campaign = :campaign AND request = :request AND attempts = :attempt
      AND state IN ('in flight', 'unknown')"""

REQUEUE = "UPDATE requests SET state = 'planned' WHERE campaign = :campaign AND state = :state"

UNKNOWN = """
    SELECT name, request FROM requests JOIN campaigns ON campaigns.id = requests.campaign
    WHERE state = 'unknown'"""

#: A receipt proves that a request was taken; that none came proves nothing.
SETTLE = """
    UPDATE requests SET state = 'accepted', error = :error
    WHERE campaign = (SELECT id FROM campaigns WHERE name = :campaign)
      AND request = :request AND state = 'unknown'"""

WAITING = """
    SELECT coalesce(sum(recipients), 0) FROM requests
    WHERE campaign = :campaign AND state IN ('planned', 'in flight') AND wave <= :last"""

MARK_UNKNOWN = """
    UPDATE requests SET state = 'unknown', error = :error
    WHERE campaign = :campaign AND sender = :sender AND state = 'in flight'"""

#: Whether something is in flight, and when the next request may go that is planned.
PENDING = f"""
    SELECT
        EXISTS (SELECT 1 FROM requests WHERE campaign = :campaign AND state = 'in flight'),
        (SELECT not_before FROM requests
         WHERE campaign = :campaign AND state IN ('planned', 'in flight') AND state = 'planned'
           AND wave = {_WAVE} AND wave <= :last ORDER BY not_before LIMIT 1)"""  # noqa: S608  (likewise)

BUCKET = "SELECT requests, recipients, moved_at, closed_until FROM buckets {for_update}"

SET_BUCKET = """
    INSERT INTO buckets (name, requests, recipients, moved_at, closed_until)
    VALUES ('all', :requests, :recipients, :moved_at, :paused_until)
    ON CONFLICT (name) DO UPDATE SET requests = excluded.requests,
        recipients = excluded.recipients, moved_at = excluded.moved_at,
        closed_until = excluded.closed_until"""

NEW_PLAN_PART = "INSERT INTO plans (campaign, part, bytes) VALUES (:campaign, :part, :bytes)"

PLAN_PARTS = "SELECT bytes FROM plans WHERE campaign = :campaign ORDER BY part"
