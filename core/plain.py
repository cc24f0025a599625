"""A stranger's text as plain words: nothing invisible, nothing that looks like a command to a model.

What a page says is read by a model and shown to people. `normalised` takes out what the eye does not see
(bidi marks, zero-width characters, the tag block, variation selectors, controls, private use), and turns
what a chat template or Markdown would take for its own into the same words without that power:
`<|im_start|>` becomes `‹|im_start|>`, `[INST]` becomes `(INST)`, `[words](url)` becomes `words`. No list of
tokens is kept, which would be old tomorrow: every one of them has a `<` or a square bracket directly at its
name, and that is what it loses. Square brackets are also how an answer names its sources, so that a page's
own `[3]` must not be mistaken for one.

It is idempotent, and takes time in proportion to the text, whatever the text is. What the words *say* is not
judged here. Choices between things that can be seen, or heard (a joiner between two letters of a script that
has use for it), stay.
"""

import re
import unicodedata

_BREAKS = re.compile("\r\n|[\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_SPACES = re.compile("[\t \xa0\u1680\u2000-\u200a\u202f\u205f\u3000]+")

_INVISIBLE = re.compile(
    "["
    "\x00-\x08\x0e-\x1b\x1f\x7f-\x9f"  # controls that neither break a line nor part words
    "\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f"
    "\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffc"
    "\ud800-\udfff\ue000-\uf8ff\ufdd0-\ufdef\ufffe\uffff"  # half pairs, private use, no characters
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U000e0fff"  # tags, and the variation selectors beyond the first sixteen
    "\U000f0000-\U0010ffff"
    "]+"
)
"""Variation selectors only choose between glyphs; without them an emoji or a name is still the same one."""

_JOINED = "\u0600-\u08ff\u0900-\u0dff\u1000-\u109f\u1780-\u17ff\u1800-\u18af"
"""Scripts in which a joiner between two letters changes the word: Arabic to N'Ko, those of India, Burmese,
Khmer, Mongolian."""
_EMOJI = "\u2190-\u2bff\U0001f000-\U0001faff"
_JOINERS = re.compile(
    f"(?<![{_JOINED}])\u200c|\u200c(?![{_JOINED}])"
    f"|(?<![{_JOINED}{_EMOJI}])\u200d|\u200d(?![{_JOINED}{_EMOJI}])"
)

_RUN_MAX = 30
"""Marks on one letter, as in the Stream-Safe Text Format (UAX #15): to put n in order takes n² steps."""
_MARK = "".join(chr(code) for code in range(0x300, 0x1E94B) if unicodedata.combining(chr(code)))
_RUN = re.compile(f"([{_MARK}\u200c\u200d]{{{_RUN_MAX}}})[{_MARK}\u200c\u200d]+")

_LINK = re.compile(
    r"!?\[([^\[\]]{0,1000})\]"
    r"\([^()\n]{0,2000}+(?:\([^()\n]{0,2000}+\)[^()\n]{0,2000}+)?\)"  # one pair of brackets within the URL
)
_LINKS_NESTED_MAX = 3  # an image in a link, and one to spare; brackets of what is left become round
_ROUND = str.maketrans("[]", "()")
_TAG = re.compile(r"<(?=<{0,4}(?:[A-Za-z/!?|｜_]|0x))")
_HEADING = re.compile(r"^(?:#{1,6}(?: |$))+", re.MULTILINE)


def normalised(text: str) -> str:
    """Lines without spaces at their ends, at most one empty line between two; NFC."""
    text = _INVISIBLE.sub("", _BREAKS.sub("\n", text))
    for _ in range(_LINKS_NESTED_MAX):
        text = _LINK.sub(r"\1", text)
    text = _RUN.sub(r"\1", text.translate(_ROUND))
    text = unicodedata.normalize("NFC", text)
    text = unicodedata.normalize("NFC", _JOINERS.sub("", text))
    text = _TAG.sub("‹", text)
    text = re.sub(" ?\n ?", "\n", _SPACES.sub(" ", text)).strip(" ")
    text = _HEADING.sub("", text)
    return re.sub("\n{3,}", "\n\n", text).strip("\n")
