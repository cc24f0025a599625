-- What an admin decides while the program runs, and may look up: nodes that were added, paused or given another
-- model; one post that shows how everything is doing; and by which way a question came to its answer.

-- Nodes that were added in a chat. The key stands here as it is, since it has to be sent: the whole file is for
-- its owner alone (0600), and so are its copies.
CREATE TABLE added_nodes (
    -- Two that differ in capital letters only would be taken for each other.
    name TEXT PRIMARY KEY COLLATE NOCASE,
    -- The wire protocol: a key of KINDS in core/providers/kinds.py.
    kind TEXT NOT NULL,
    url TEXT NOT NULL,
    -- Empty: not chosen yet, and so nothing is asked there.
    model TEXT NOT NULL,
    -- Empty where none is wanted: in the house.
    key TEXT NOT NULL,
    -- What only Cloudflare knows.
    account_id TEXT NOT NULL DEFAULT ''
) STRICT;

-- What was chosen for a node, added or not.
CREATE TABLE node_choices (
    name TEXT PRIMARY KEY COLLATE NOCASE,
    paused INTEGER NOT NULL DEFAULT 0 CHECK (paused IN (0, 1)),
    -- The model to ask there, as long as the settings still name the one it was chosen in place of.
    model TEXT,
    instead_of TEXT
) STRICT;

-- The post at the top of a chat that shows how everything is doing.
CREATE TABLE pins (
    platform TEXT NOT NULL,
    chat TEXT NOT NULL,
    -- For whom, which says in which language.
    person TEXT NOT NULL,
    -- The row to which the post is the answer.
    incoming INTEGER NOT NULL,
    -- The platform's id of the post; NULL until it stands there and is pinned.
    post TEXT,
    -- The hash of what it shows.
    shows_sha256 TEXT NOT NULL,
    PRIMARY KEY (platform, chat)
) STRICT;

-- The nodes that a question went through. No word of it, and of the newest questions only.
CREATE TABLE trail (
    incoming INTEGER NOT NULL REFERENCES inbox (id) ON DELETE CASCADE,
    -- In which order.
    step INTEGER NOT NULL,
    node TEXT NOT NULL,
    model TEXT NOT NULL,
    -- 'answered', or how it failed: a `Fault` or the name of an error, as in core/node.py.
    ended TEXT NOT NULL,
    -- In seconds.
    took_s REAL NOT NULL,
    first_token_s REAL,
    PRIMARY KEY (incoming, step)
) STRICT;
