-- Who is let in: the people of the family, the invites on their way, the strangers at the door.
--
-- Until now only the settings named anybody. From here on people are listed in the house, and what they are
-- allowed, and how much of it they have used today, outlives the program. An invite is kept as the hash of its
-- code, a stranger as no more than that somebody knocked: whoever reads this file can neither come in by it
-- nor learn what was said at the door. Times are seconds since 1970; flags are 0 or 1.

-- One row for each human. Removing it takes with it all that belongs to them here, save what they wrote.
CREATE TABLE people (
    id INTEGER PRIMARY KEY,
    -- For showing only.
    name TEXT NOT NULL,
    -- What they may do. NULL: nothing by this row; it keeps the choices of somebody whom the settings name,
    -- and names nobody an admin any more once the settings do not.
    role TEXT CHECK (role IN ('admin', 'adult', 'teen', 'child', 'guest')),
    -- The language they chose, as an IETF tag; empty: that of their own client.
    language TEXT NOT NULL DEFAULT '',
    -- When they were let in, and by whom; NULL: by the house itself.
    added_at REAL NOT NULL,
    added_by INTEGER REFERENCES people (id) ON DELETE SET NULL
) STRICT;

-- Where these humans are met. Two accounts of one human share role, language and allowance.
CREATE TABLE accounts (
    -- The platform, and its own id of the account.
    platform TEXT NOT NULL,
    id TEXT NOT NULL,
    person INTEGER NOT NULL REFERENCES people (id) ON DELETE CASCADE,
    PRIMARY KEY (platform, id)
) STRICT;
CREATE INDEX accounts_person ON accounts (person);

-- What each has used of their allowance. It counts questions, and knows none of them.
CREATE TABLE spent (
    person INTEGER PRIMARY KEY REFERENCES people (id) ON DELETE CASCADE,
    -- The local day, as YYYY-MM-DD, and how many questions were asked on it.
    day TEXT NOT NULL,
    in_day INTEGER NOT NULL,
    -- The minute, counted since 1970, and how many were asked in it.
    minute INTEGER NOT NULL,
    in_minute INTEGER NOT NULL
) STRICT;

-- Codes that let somebody in, once.
CREATE TABLE invites (
    -- The hash of the code, in hex. The code itself is with whoever was given it, and nowhere else.
    code_sha256 TEXT PRIMARY KEY,
    -- What comes with it: see `people`. A claim makes the house's first admin.
    role TEXT NOT NULL CHECK (role IN ('admin', 'adult', 'teen', 'child', 'guest')),
    name TEXT NOT NULL,
    language TEXT NOT NULL,
    claim INTEGER NOT NULL CHECK (claim IN (0, 1)),
    -- Who invited, and whose leaving ends the invite; NULL for a claim, which the house itself makes.
    made_by INTEGER REFERENCES people (id) ON DELETE CASCADE,
    expires_at REAL NOT NULL,
    -- How often it was used. A second time breaks this check, and with it the whole transaction: whatever
    -- else goes wrong, one code lets one person in.
    uses INTEGER NOT NULL DEFAULT 0 CHECK (uses IN (0, 1)),
    -- The account that used it.
    used_by_platform TEXT,
    used_by_id TEXT
) STRICT;

-- Wrong codes and wrong passwords, so that guessing is slow, even across a restart. Never what was tried.
CREATE TABLE wrong_tries (
    -- In the order in which they came.
    number INTEGER PRIMARY KEY,
    what TEXT NOT NULL CHECK (what IN ('code', 'password')),
    -- Who tried, and when.
    platform TEXT NOT NULL,
    person TEXT NOT NULL,
    tried_at REAL NOT NULL
) STRICT;

-- Strangers who wrote to us: that they did, and not a word of it.
CREATE TABLE knocks (
    platform TEXT NOT NULL,
    person TEXT NOT NULL,
    -- As they call themselves, without anything that could deceive the eye; for the admins' card.
    name TEXT NOT NULL,
    -- When they wrote last.
    knocked_at REAL NOT NULL,
    -- When they were last told that this is a private house; NULL: never.
    told_at REAL,
    -- When the admins were last shown a card with their name; NULL: never.
    shown_at REAL,
    -- A card was due, but there had been too many: they are counted on the next one.
    held_back INTEGER NOT NULL DEFAULT 0 CHECK (held_back IN (0, 1)),
    -- An admin wants to hear of them no more, and neither shall they of us.
    blocked INTEGER NOT NULL DEFAULT 0 CHECK (blocked IN (0, 1)),
    PRIMARY KEY (platform, person)
) STRICT;

-- What was decided about a chat. A group is one chat with all its topics.
CREATE TABLE chats (
    platform TEXT NOT NULL,
    id TEXT NOT NULL,
    -- Whether we stay in this group; NULL: nobody has said, which is a no.
    allowed INTEGER CHECK (allowed IN (0, 1)),
    -- What the group is called; for showing only.
    title TEXT NOT NULL DEFAULT '',
    -- When that was decided, and by whom; NULL: by the house itself.
    decided_at REAL,
    decided_by INTEGER REFERENCES people (id) ON DELETE SET NULL,
    -- Whether a growing answer is shown as a draft there; NULL: as the program does by itself.
    drafts INTEGER CHECK (drafts IN (0, 1)),
    -- The language spoken in this chat, as an IETF tag; empty: that of whoever asks.
    language TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (platform, id)
) STRICT;
