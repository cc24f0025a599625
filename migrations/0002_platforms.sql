-- What the chats of a family need beyond a terminal: questions that are changed after they were sent,
-- answers under which buttons stand, groups in which the replies lead from one question to the next.
-- Rows that one run accepted are answered by the next, so it has to outlive the program. (The two views of
-- this table show the new columns by themselves.)

-- The language of the writer's own client, as an IETF tag; empty where the platform did not tell it.
ALTER TABLE inbox ADD COLUMN person_language TEXT NOT NULL DEFAULT '';
-- The post that this one replies to.
ALTER TABLE inbox ADD COLUMN reply_to TEXT;
-- The post of ours whose button was pressed; the text is then that button's command.
ALTER TABLE inbox ADD COLUMN pressed TEXT;
-- What came along besides the text: a word of `Attachment` in core/types.py.
ALTER TABLE inbox ADD COLUMN attachment TEXT;
-- How often the writer changed the text. An answer to an earlier text is not the answer to this row.
ALTER TABLE inbox ADD COLUMN edits INTEGER NOT NULL DEFAULT 0;
-- What stands under the answer: a JSON list of pairs, label and command. Empty: nothing.
ALTER TABLE inbox ADD COLUMN buttons TEXT NOT NULL DEFAULT '';

-- From a post of ours to what it answers.
CREATE INDEX posts_post ON posts (post);

-- A post whose call came to no clear end may stand there once more than we know. That has to outlive the
-- program together with the id of the one that took its place: a program that is killed while it looks for
-- the other one goes on with the post it has, and does not make a third.
ALTER TABLE posts ADD COLUMN doubtful INTEGER NOT NULL DEFAULT 0 CHECK (doubtful IN (0, 1));
UPDATE posts SET doubtful = 1 WHERE post IS NULL;
