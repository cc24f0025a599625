"""The numbers and dates in a text, by their value, however a language writes them.

1,234.5 is 1.234,5 and 3.2 million is 3,2 Mio.; "three" is 3; 19.07.2026 is July 19, 2026 and "ngày 19 tháng 7
năm 2026". A date is its parts: two numbers, and a month of its own kind, so that a page which names the month
confirms an answer that writes it as a number. Where one writing has two meanings (1.234, or 3/4 for a date),
each is a way to read it, and either will do: this is made to find what is certainly not in a page.
English, German and Vietnamese are known; of other languages the digits are read.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import product

from core.language import folded, stem

Ways = tuple[frozenset[str], ...]
"""The ways to read one number; each is a set of values that all have to be there."""

DIGITS_MAX = 40


@dataclass(frozen=True, slots=True)
class Figure:
    """A number, or a part of a date."""

    ways: Ways
    written: str = ""
    """With what it counts: "120 metres"."""
    unit: str = ""
    """The stem of the word or sign beside it; "year" for a year; empty if nothing is beside it."""


def _by_name(*names: str) -> dict[str, int]:
    """Names of 1, of 2, and so on, folded: without case and accents."""
    return {name: number for number, group in enumerate(names, 1) for name in group.split()}


MONTHS = _by_name(
    "january jan januar janner",
    "february feb februar",
    "march mar marz maerz mrz",
    "april apr",
    "may mai",
    "june jun juni",
    "july jul juli",
    "august aug",
    "september sep sept",
    "october oct oktober okt",
    "november nov",
    "december dec dezember dez",
)
_ALSO_WORDS = frozenset(("march", "august", "sept", "mar", "jan", "may", "mai", "dec", "sep"))
"""These are months only beside a number."""

COUNTED = _by_name(
    "one ein eine eins einen first erste ersten mot",
    "two zwei both beide second zweite zweiten hai twice zweimal",
    "three drei third dritte dritten",
    "four vier fourth vierte vierten bon",
    "five funf fifth funfte",
    "six sechs sixth sechste sau",
    "seven sieben seventh bay",
    "eight acht eighth tam",
    "nine neun ninth chin",
    "ten zehn tenth muoi",
    "eleven elf",
    "twelve zwolf dozen dutzend",
    "thirteen dreizehn",
    "fourteen vierzehn",
    "fifteen funfzehn",
    "sixteen sechzehn",
    "seventeen siebzehn",
    "eighteen achtzehn",
    "nineteen neunzehn",
    "twenty zwanzig",
)
_CERTAINLY_COUNTED = frozenset(
    name for name, number in COUNTED.items() if number > 2 and name[-2:] not in ("te", "rd", "th")
) - {"acht", "dritten", "vierten", "bon", "sau", "bay", "tam", "chin", "muoi"}
"""Whoever writes one of these counts; "two" is also in "the two", "acht" in "take care"."""

_SCALES: dict[str, tuple[int, ...]] = {
    **dict.fromkeys(("thousand", "tausend", "nghin", "ngan"), (10**3,)),
    **dict.fromkeys(("million", "millionen", "mio", "mln", "trieu"), (10**6,)),
    **dict.fromkeys(("milliarde", "milliarden", "mrd", "bn", "ty", "ti"), (10**9,)),
    "billion": (10**9, 10**12),  # in English, and in German
    **dict.fromkeys(("billionen", "trillion"), (10**12,)),
    "m": (1, 10**6),
    "k": (1, 10**3),
}

_SHORT_UNITS = frozenset(
    ("km", "kg", "cm", "mm", "ha", "mw", "gw", "kw", "gb", "tb", "mb", "eur", "usd", "vnd")
)
"""Other words of up to three letters beside a number are not what it counts."""

_DATE = re.compile(
    r"(?<!\d)(?P<y>\d{4})-(?P<m>\d{1,2})-(?P<d>\d{1,2})(?!\d)"
    r"|(?<![\d.,/])(?P<one>\d{1,2})(?P<mark>[./-])\s?(?P<two>\d{1,2})(?P=mark)\s?(?P<year>\d{4}|\d{2})(?![\d/])"
    r"|\b[Tt]h[áa]ng\s+(?P<thang>\d{1,2})\b"
)
_MONTH = re.compile(rf"\b(?:{'|'.join(MONTHS)}|märz|jänner)\b", re.IGNORECASE)
_NUMBER = re.compile(
    r"(?<!\w)(?P<sign>[$€£¥]\s?)?"
    r"(?P<number>\d{1,3}(?:[ \u00a0\u202f]\d{3}(?!\d))+(?:[.,]\d+)?|\d+(?:[.,'’/]\d+)*)"
    r"(?P<scale>[\s\u00a0]?(?:thousand|tausend|nghìn|ngàn|millionen|million|mio\.?|mln|triệu|milliarden|milliarde"
    r"|mrd\.?|billionen|billion|trillion|bn|tỷ|tỉ|m|k)\b)?"
    r"(?P<unit>[\s\u00a0-]?(?:%|°\s?[CF]|[€$£]|[^\W\d_]+))?",
    re.IGNORECASE,
)
_AFTER_NOON = re.compile(r"(?<!\d)(\d{1,2})(?:[:.]\d{2})?\s?p\.?m\b", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]+")


def figures(text: str, *, counted: bool = True) -> tuple[Figure, ...]:
    """All of them, in no order. `counted`: also what is counted in words beyond doubt."""
    found, rest = _dates(text)
    found += _numbers(rest)
    if counted:
        words = _WORD.findall(folded(text))
        found += [Figure(_either(str(COUNTED[word]))) for word in words if word in _CERTAINLY_COUNTED]
    return tuple(found)


def values(text: str, found: tuple[Figure, ...]) -> frozenset[str]:
    """Everything that the text's figures may mean, and its numbers in words, whatever they mean."""
    known = {value for figure in found for way in figure.ways for value in way}
    known.update(str(COUNTED[word]) for word in set(_WORD.findall(folded(text))) & COUNTED.keys())
    known.update(_month(MONTHS[folded(month)]) for month in _MONTH.findall(text))
    known.update(str(int(hour) % 12 + 12) for hour in _AFTER_NOON.findall(text))
    return frozenset(known)


def confirms(known: frozenset[str], figure: Figure) -> bool:
    """Whether one of the ways to read the figure is all there."""
    return any(way <= known for way in figure.ways)


# ── Dates ─────────────────────────────────────────────────────────────────────────────────────────


def _dates(text: str) -> tuple[list[Figure], str]:
    """What is certainly part of a date, and the text without what was read."""
    found: list[Figure] = []

    def read(date: re.Match[str]) -> str:
        if date["thang"]:
            found.append(Figure(_either(_month(int(date["thang"])))))
        elif date["y"]:
            found.append(Figure(_either(date["y"]), date["y"], "year"))
            found.append(Figure((frozenset({_value(date["d"]), _month(int(date["m"]))}),)))
        else:
            ways = _days(int(date["one"]), int(date["two"]))
            if not ways:
                return date[0]
            year = date["year"] if len(date["year"]) == 4 else f"20{date['year']}"
            found.extend((Figure(ways), Figure(_either(year), year, "year")))
        return " "

    rest = _DATE.sub(read, text)
    for month in _MONTH.finditer(rest):
        beside = rest[max(0, month.start() - 5) : month.start()] + rest[month.end() : month.end() + 4]
        if any(sign.isdigit() for sign in beside) or (
            month[0][0].isupper() and folded(month[0]) not in _ALSO_WORDS
        ):
            found.append(Figure(_either(_month(MONTHS[folded(month[0])]))))
    return found, rest


def _days(one: int, two: int) -> Ways:
    """The days and months that two numbers may mean: Europe begins with the day, America with the month."""
    pairs = dict.fromkeys(((one, two), (two, one)))
    return tuple(
        frozenset({str(day), _month(month)}) for day, month in pairs if 1 <= month <= 12 and 1 <= day <= 31
    )


def _month(number: int) -> str:
    return f"month {number}"


# ── Numbers ───────────────────────────────────────────────────────────────────────────────────────


def _either(*readings: str) -> Ways:
    return tuple(frozenset({reading}) for reading in readings)


def _numbers(text: str) -> Iterator[Figure]:
    for one in _NUMBER.finditer(text):
        digits, scale = (
            one["number"][:DIGITS_MAX].rstrip(" .,'’/\u00a0\u202f"),
            folded(one["scale"] or "").strip(" ."),
        )
        unit, written = (one["unit"] or "").strip(" \u00a0-"), one[0].strip()
        if len(scale) == 1 or (unit.isalpha() and len(unit) <= 3 and folded(unit) not in _SHORT_UNITS):
            written, unit = (
                one[0].removesuffix(one["unit"] or "").strip(),
                scale[:1] if len(scale) == 1 else "",
            )
        if digits.isdigit() and len(digits) == 4 and digits[:2] in ("19", "20") and not scale:
            yield Figure(_either(digits), digits, "year")
        else:
            ways = tuple(_scaled(digits, _SCALES.get(scale, (1,))))
            sign = (one["sign"] or "").strip()
            yield Figure(ways, written, sign or stem(folded(unit)))


def _scaled(digits: str, scales: tuple[int, ...]) -> Iterator[frozenset[str]]:
    for way, scale in product(_readings(digits), scales):
        if len(way) == 1:
            yield frozenset({_value(next(iter(way)), scale)})
        elif scale == 1:
            yield frozenset(_value(part) for part in way)
    if scales == (1,) and (day := re.fullmatch(r"(\d{1,2})[./](\d{1,2})", digits)):
        yield from _days(int(day[1]), int(day[2]))


def _readings(digits: str) -> Sequence[tuple[str, ...]]:
    """The ways to read what is written with separators; each is one or more plain numbers."""
    parts, marks = re.split(r"\D", digits), set(re.findall(r"\D", digits))
    if not marks:
        return [(digits,)]
    last = next(sign for sign in reversed(digits) if not sign.isdigit())
    decimal = (f"{''.join(parts[:-1])}.{parts[-1]}",)
    threes = 0 < len(parts[0]) <= 3 and all(len(part) == 3 for part in parts[1:-1])
    if last == "/":
        return [tuple(parts)]
    if len(marks) == 2 and threes and last in ".,":  # 1,234.5
        return [decimal]
    if len(marks) == 1 and threes and len(parts[-1]) == 3:  # 1,234 or 1.234 or 1 234
        whole = ("".join(parts),)
        if len(parts) > 2:
            return [whole]
        return [whole, decimal] if last in ".," else [whole, tuple(parts)]
    if len(parts) == 2:
        is_time = len(parts[1]) == 2 and int(parts[0]) <= 24
        return [decimal, tuple(parts)] if is_time else [decimal]
    return [tuple(parts)]


def _value(digits: str, scale: int = 1) -> str:
    number = Decimal(digits) * scale
    return f"{number.normalize():f}" if number else "0"
