"""What the journal's tables look like, migration by migration since the first version."""

from __future__ import annotations

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
