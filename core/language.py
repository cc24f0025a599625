"""Words as they are compared: without case, accents and endings; and where a sentence ends.

It is the plainest that does: a stemmer that cuts a few endings, a list of common words for English, German
and Vietnamese, by which a text's language is told, and pairs of characters for scripts that do not part
their words. Nothing here knows what a word means.
"""

import re
import unicodedata
from itertools import chain


def listed(text: str) -> frozenset[str]:
    return frozenset(text.split())


COMMON = {
    "en": listed(
        "the a an and or but if of in on at to for from by with as is are was were be been being it its this "
        "that these those there here he she they we you i his her their our your not no has have had do does "
        "did will would can could may might should also than then so such which who whom whose what when "
        "where why how about after before between during into over under again more most some any all both "
        "each other only same very just while because until according however"
    ),
    "de": listed(
        "der die das den dem des ein eine einen einem einer eines und oder aber wenn von vom im in am an auf "
        "zu zum zur fur mit aus bei nach vor uber unter als ist sind war waren wird wurde wurden werden sein "
        "hat haben hatte hatten es er sie wir ihr ich sich nicht kein keine auch noch nur schon sehr so wie "
        "was wer wo wann warum dass weil bis durch gegen ohne um laut dieser diese dieses jedoch dort hier "
        "man mehr alle sowie"
    ),
    "vi": listed(
        "la va cua co cho khong duoc trong voi mot cac nhung nay do da dang se thi ma tai tu den boi vi nhu "
        "khi neu cung rat nhieu it hon o ra vao len xuong theo ve nguoi ong ba anh chi ho toi ban chung "
        "ngay thang nam sau truoc"
    ),
}
ANY_COMMON = frozenset(chain.from_iterable(COMMON.values()))
"""Folded."""

_WORD = re.compile(r"[^\W_]+")
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+")
_ABBREVIATED = re.compile(
    r"(?:^|[\s(„“\"])(?:[^\W\d_]|\d{1,3}|[Dd]r|Prof|Mio|Mrd|Std|Str|Inc|Ltd|Mr|Mrs|Ms|St|Nr|No|bzw|ca|etc|vs|usw|Jr|Sr|approx|Tp|TP)\.$"
)
_SENTENCE_END = re.compile(r"(?:(?<![.!?…])[.!?…]++[\"'”“»’)\]*_]*+(?=\s|$)|[。！？]+[」』”’）]*)\s*")


def folded(text: str) -> str:
    """Without case and accents: "Đà Nẵng" and "da nang" are the same."""
    if text.isascii():
        return text.lower()
    bare = unicodedata.normalize("NFKD", text.casefold().replace("đ", "d").replace("ı", "i"))
    return "".join(sign for sign in bare if not unicodedata.combining(sign))


def words(text: str) -> list[str]:
    """The text's words and numbers, folded."""
    return _WORD.findall(folded(text))


def terms(text: str) -> list[str]:
    """The words of the text as they are compared, cut to their stems in the plainest way."""
    found = []
    for word in words(text):
        if _UNSPACED.match(word):
            found += [word[at : at + 2] for at in range(max(1, len(word) - 1))]
        else:
            found.append(stem(word))
    return found


def stem(word: str) -> str:
    """A word without the ending of its number or case; good enough to find "goals" by "goal"."""
    if len(word) > 4 and not word[0].isdigit():
        for ending in ("ies", "es", "en", "er", "s", "n", "e"):
            if word.endswith(ending) and len(word) - len(ending) > 3:
                return word[: -len(ending)]
    return word


def sentences(text: str) -> list[str]:
    """The sentences of one paragraph, whole: joined they are the paragraph again."""
    found, start = [], 0
    for end in _SENTENCE_END.finditer(text):
        last_word = text[max(start, end.start() - 10) : end.start() + 1]
        ends_line = end.end() == len(text)
        if not ends_line and (_ABBREVIATED.search(last_word) or text[end.end()].islower()):
            continue  # "Dr.", "19. Juli", "e.g. this"
        found.append(text[start : end.end()])
        start = end.end()
    return found + ([text[start:]] if text[start:] else [])


def language_of(known: frozenset[str]) -> str:
    """ "en", "de" or "vi", by the common words among these; empty if it is none of them."""
    counted = {language: len(known & common) for language, common in COMMON.items()}
    best = max(counted, key=lambda language: counted[language])
    return best if counted[best] else ""
