"""What people and models wrote, as it is kept: with a hash beside it, by which damage on the disk is known.

A row of the inbox holds up to three such texts. Words that do not fit their hash are never used: they read
as None, and whoever reads decides whether they can be made anew.
"""

import hashlib
import logging
from sqlite3 import Row

log = logging.getLogger(__name__)


def well_formed(text: str) -> str:
    """The text as UTF-8 can hold it, and a disk or a wire takes it: half a surrogate pair becomes U+FFFD."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def storable(text: str) -> str:
    """Besides, NUL becomes U+FFFD: SQLite's own tools would take the text to end there."""
    return well_formed(text).replace("\0", "\ufffd")


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def shown_sha256(answer: str, note: str, buttons: str) -> str:
    """An answer's hash, made of all that is shown with it."""
    return sha256("\0".join((answer, note, buttons)))  # `storable` leaves no NUL in words


def words_in(row: Row, column: str) -> str | None:
    """What the column holds, if it is what was written there."""
    text = row[column]
    if text is None or row[f"{column}_sha256"] in _fitting(row, column, text):
        return text if isinstance(text, str) else None
    log.warning("Row %d of the inbox: its %s is damaged on disk, and is not used", row["id"], column)
    return None


def is_damaged(row: Row) -> bool:
    """Does this row hold other words than were written?"""
    columns = ("text", "question", "answer")
    return any(row[column] is not None and words_in(row, column) is None for column in columns)


def _fitting(row: Row, column: str, text: object) -> tuple[str, ...]:
    """The hashes that fit what is there now. In rows of older versions, an answer's is made of its words
    alone."""
    if not isinstance(text, str):
        return ()
    if column == "answer":
        return sha256(text), shown_sha256(text, str(row["note"]), str(row["buttons"]))
    return (sha256(text),)
