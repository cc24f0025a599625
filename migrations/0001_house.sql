-- The house: what came in and what became of it, the posts we made, and what the nodes had been doing.
--
-- A question is a row from the moment it is accepted until the whole answer stands in the chat, and every
-- step is on disk before the next one is taken: a program that is killed at any point goes on from the row.
-- The same rows are the memory of a conversation. Times are seconds since 1970; flags are 0 or 1.

-- One row for each thing a person wrote.
CREATE TABLE inbox (
    -- The order of arrival, and the number the log speaks of.
    id INTEGER PRIMARY KEY,
    -- Where it was written: platform, chat, and whether the chat is 'private' or a 'group'.
    platform TEXT NOT NULL,
    chat TEXT NOT NULL,
    chat_kind TEXT NOT NULL CHECK (chat_kind IN ('private', 'group')),
    -- The platform's id of what was written: the same one twice is a replay, and is kept once.
    post TEXT NOT NULL,
    -- Who wrote it, by the platform's id; the name is only for showing.
    person TEXT NOT NULL,
    person_name TEXT NOT NULL,
    -- When it was said, by the platform's clock, and when it was on our disk, by ours.
    said_at REAL NOT NULL,
    accepted_at REAL NOT NULL,
    -- What was written. Beside it, as beside all words of people and models, its hash in hex.
    text TEXT NOT NULL,
    text_sha256 TEXT NOT NULL,
    -- accepted: on disk; answering: put to a model; answered: the whole answer is on disk;
    -- closed: it stands in the chat; poison: nothing can be done with it, `note` says why.
    state TEXT NOT NULL DEFAULT 'accepted'
        CHECK (state IN ('accepted', 'answering', 'answered', 'closed', 'poison')),
    -- How often it was put to a model, counted before each time.
    attempts INTEGER NOT NULL DEFAULT 0,
    -- What was put to a model, which may differ from the text; NULL while nothing was, as for commands.
    question TEXT,
    question_sha256 TEXT,
    -- It may be read inside the house only.
    private INTEGER NOT NULL DEFAULT 0 CHECK (private IN (0, 1)),
    -- A later row asked it again, and takes its place in the conversation.
    superseded INTEGER NOT NULL DEFAULT 0 CHECK (superseded IN (0, 1)),
    -- What the person gets to read.
    answer TEXT,
    answer_sha256 TEXT,
    -- The node that wrote it; empty for what the program says itself.
    answered_by TEXT NOT NULL DEFAULT '',
    -- whole: a model's whole answer; sentence: the program's own words; stopped: the person ended it.
    outcome TEXT CHECK (outcome IN ('whole', 'sentence', 'stopped')),
    -- What is shown under the answer; for poison, why.
    note TEXT NOT NULL DEFAULT '',
    UNIQUE (platform, chat, post)
) STRICT;

-- The few rows that still want something, among the many that do not.
CREATE VIEW open_inbox AS SELECT * FROM inbox WHERE state IN ('accepted', 'answering', 'answered');
CREATE INDEX inbox_open ON inbox (platform, chat, person, id)
    WHERE state IN ('accepted', 'answering', 'answered');

-- The conversation of one person in one chat.
CREATE INDEX inbox_questions ON inbox (platform, chat, person, id) WHERE question IS NOT NULL;

-- How far each platform was read. Written together with the rows, so that neither is ever ahead.
CREATE TABLE cursors (
    platform TEXT PRIMARY KEY,
    -- In the platform's own form.
    cursor TEXT NOT NULL
) STRICT;

-- Where a conversation begins: what was said before /new is no longer read by a model.
CREATE TABLE conversations (
    platform TEXT NOT NULL,
    chat TEXT NOT NULL,
    person TEXT NOT NULL,
    -- The inbox row of that /new. It is read itself, because a question may stand in it.
    starts_at INTEGER NOT NULL,
    PRIMARY KEY (platform, chat, person)
) STRICT;

-- The questions that came to an end, since the last /new of whoever asked. Who may read which of them
-- where is for the query to say.
CREATE VIEW remembered AS
SELECT * FROM inbox
WHERE question IS NOT NULL AND state IN ('answered', 'closed') AND id >= coalesce(
    (SELECT starts_at FROM conversations AS c
     WHERE (c.platform, c.chat, c.person) = (inbox.platform, inbox.chat, inbox.person)), 0);

-- The ledger: every post we made, or were about to make.
CREATE TABLE posts (
    -- The row that is answered. Posts go when it goes.
    incoming INTEGER NOT NULL REFERENCES inbox (id) ON DELETE CASCADE,
    -- Which post of the answer: 0, 1, 2, … where it is too long for one.
    part INTEGER NOT NULL,
    -- The platform's id of the post. NULL while it is only intended: then it may stand there or not.
    post TEXT,
    -- The hash of what it showed last, where that was noted.
    shows_sha256 TEXT,
    -- It shows its part of the whole answer, and nothing about it will change.
    final INTEGER NOT NULL DEFAULT 0 CHECK (final IN (0, 1)),
    PRIMARY KEY (incoming, part)
) STRICT;

-- How each node was doing, so that a restart does not forget who asked for a pause.
CREATE TABLE nodes (
    name TEXT PRIMARY KEY,
    saved_at REAL NOT NULL,
    -- JSON objects, in the words of core/node.py.
    state TEXT NOT NULL,
    counters TEXT NOT NULL
) STRICT;

-- What was chosen while the program ran, and outlives it: the strategy, for one.
CREATE TABLE choices (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;
