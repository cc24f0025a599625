-- One human with accounts on two platforms: what they are allowed, and what they have used of it, is theirs
-- and not the account's. Somebody who is in gets a code on one platform and writes it on the other; it is kept
-- and used as an invite is, and leads to a human who is there already.

-- Whether the code brings another account to whoever made it, instead of another human into the house.
ALTER TABLE invites ADD COLUMN links INTEGER NOT NULL DEFAULT 0 CHECK (links IN (0, 1));
