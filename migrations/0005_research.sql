-- Answers from pages of the web. What was looked up is kept for a while, so that asking again is quick and
-- quiet; what an answer was relied on is kept with it, so that people can look, also after a restart; and
-- research has an allowance of its own, as it costs more than a question does.

-- How the question is to be answered: 'chat' by a model alone, 'research' from the web, 'deeper' with more of it.
-- Asked again, it is answered so again.
ALTER TABLE inbox ADD COLUMN mode TEXT NOT NULL DEFAULT 'chat' CHECK (mode IN ('chat', 'research', 'deeper'));

-- Of a researched answer: the sentences of its pages that it relied on.
CREATE TABLE quotes (
    incoming INTEGER PRIMARY KEY REFERENCES inbox (id) ON DELETE CASCADE,
    -- As Markdown, ready to be shown.
    markdown TEXT NOT NULL
) STRICT;

-- Searches and pages, for a few hours. It is no part of anybody's conversation.
CREATE TABLE web_cache (
    kind TEXT NOT NULL CHECK (kind IN ('search', 'page')),
    -- A hash of what was looked up: the list of keys does not say what people asked.
    key_sha256 TEXT NOT NULL,
    -- Since when it is here and until when it may be used, in seconds since 1970.
    put_at REAL NOT NULL,
    lives_until REAL NOT NULL,
    -- How many characters it has.
    size INTEGER NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (kind, key_sha256)
) STRICT;
CREATE INDEX web_cache_lives ON web_cache (lives_until);
-- By which the oldest are found when it is too much, without reading what is kept.
CREATE INDEX web_cache_put ON web_cache (put_at, size);

-- What each has used of an allowance, once for questions and once for research.
CREATE TABLE spent_on (
    person INTEGER NOT NULL REFERENCES people (id) ON DELETE CASCADE,
    what TEXT NOT NULL CHECK (what IN ('question', 'research')),
    -- The local day, as YYYY-MM-DD, and how many on it.
    day TEXT NOT NULL,
    in_day INTEGER NOT NULL,
    -- The minute, counted since 1970, and how many in it.
    minute INTEGER NOT NULL,
    in_minute INTEGER NOT NULL,
    PRIMARY KEY (person, what)
) STRICT;
INSERT INTO spent_on SELECT person, 'question', day, in_day, minute, in_minute FROM spent;
DROP TABLE spent;
ALTER TABLE spent_on RENAME TO spent;
