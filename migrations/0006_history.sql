-- What happened, hour by hour, so that it can be shown and compared; what admins were told of it, so that
-- nothing is told twice; and posts that arrive without a sound, with a picture. An hour is a number: full
-- hours since 1970. It counts, and knows no word of anybody.

-- The hours in which the program ran: where one is missing, nobody could be answered.
CREATE TABLE running_hours (
    hour INTEGER PRIMARY KEY
) STRICT;

-- What each node did in each hour in which it was asked.
CREATE TABLE node_hours (
    hour INTEGER NOT NULL,
    -- Its name: a node that was removed keeps its past.
    node TEXT NOT NULL,
    requests INTEGER NOT NULL,
    -- Whole ones.
    answers INTEGER NOT NULL,
    -- Questions that went on to another node.
    failovers INTEGER NOT NULL,
    -- Times to first token, in seconds, added up over the answers.
    first_tokens_s REAL NOT NULL,
    PRIMARY KEY (hour, node)
) STRICT;

-- How it failed in that hour: a kind is a `Fault` or the name of an error, as in core/node.py.
CREATE TABLE node_hour_failures (
    hour INTEGER NOT NULL,
    node TEXT NOT NULL,
    kind TEXT NOT NULL,
    times INTEGER NOT NULL,
    PRIMARY KEY (hour, node, kind)
) STRICT;

-- What the admins were told is wrong, and have not been told is over.
CREATE TABLE alerts (
    -- What it is about: 'nobody', 'disk', 'backup', 'node Alpha'.
    key TEXT PRIMARY KEY,
    -- What was said of it; if that changes, it is another trouble.
    detail TEXT NOT NULL,
    -- Of a node, how many answers it had given by then: one more is the proof that it is over.
    answers INTEGER NOT NULL,
    told_at REAL NOT NULL
) STRICT;

-- How often an admin wants the digest, where that is not every day.
CREATE TABLE digest_choices (
    person INTEGER PRIMARY KEY REFERENCES people (id) ON DELETE CASCADE,
    often TEXT NOT NULL CHECK (often IN ('daily', 'weekly', 'off'))
) STRICT;

-- Of which local days an admin has the digest. A second one for the same day breaks this key, and with it the
-- transaction that would have shown it: whatever clocks do, one day has one digest.
CREATE TABLE digests (
    person INTEGER NOT NULL REFERENCES people (id) ON DELETE CASCADE,
    -- As YYYY-MM-DD.
    day TEXT NOT NULL,
    PRIMARY KEY (person, day)
) STRICT;

-- Whether the answer arrives without a sound.
ALTER TABLE inbox ADD COLUMN silent INTEGER NOT NULL DEFAULT 0 CHECK (silent IN (0, 1));

-- Of something we tell by ourselves, the picture that comes after the words, until both stand there.
CREATE TABLE pictures (
    incoming INTEGER PRIMARY KEY REFERENCES inbox (id) ON DELETE CASCADE,
    -- A PNG.
    png BLOB NOT NULL
) STRICT;
