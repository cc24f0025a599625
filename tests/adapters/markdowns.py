"""Answers as models write them, and as nobody would: Markdown at random, from a seed."""

from random import Random

WORDS = (
    *(
        "apple",
        "river",
        "snow",
        "word",
        "house",
        "Grüße",
        "naïve",
        "家族",
        "😀",
        "👨\u200d👩\u200d👧",
        "42",
        "3.14",
    ),
    *(
        "x_y",
        "a*b",
        "C:\\new",
        "List<String>",
        "don't",
        "e.g.",
        "(see)",
        "[1]",
        "50%",
        "#tag",
        "@anna",
        "/stop",
    ),
    "https://example.org/a_b?c=d#e",
)

GARBAGE = (
    *(
        "**",
        "*",
        "__",
        "_",
        "~~",
        "~",
        "`",
        "``",
        "```",
        "~~~",
        "||",
        "|",
        "[",
        "](",
        "](https://a.example/b)",
    ),
    *(
        "](javascript:x)",
        "](http://localhost)",
        "![",
        "<b>",
        "</b>",
        "<br>",
        "<!--",
        "-->",
        "<",
        ">",
        "&amp;",
    ),
    *("&", "$", "$$", "\\(", "\\[", "\\]", "\\)", "\\frac{1}{2}", "\\sqrt{", "{", "}", "\\", "#", "# ", "- "),
    *("1. ", "- [ ] ", "> ", "\n", "\n\n", "\n---\n", "\n===\n", "    ", "\t", "\r\n", "\u200b", "\u202e"),
    *("|a|b|\n|-|-|\n|1|2|3|\n", "[x]: https://a.example\n", "\ud83d", "\x00", "\ufdd0", "\u2028", "e\u0301"),
)


def sentence(random: Random) -> str:
    words = [random.choice(WORDS) for _ in range(random.randint(1, 20))]
    mark = random.choice(("", "", "", "**", "*", "_", "`", "~~", "||", "***"))
    start = random.randrange(len(words))
    words[start] = mark + words[start]
    end = random.randrange(start, len(words))
    words[end] += mark
    if random.random() < 0.2:
        words.append(
            random.choice(("[a page](https://example.org/x)", "[bad](nowhere)", "[`f()`](https://a.example)"))
        )
    return " ".join(words) + random.choice(".!?:")


def block(random: Random) -> str:
    match random.randrange(9):
        case 0:
            return "#" * random.randint(1, 6) + " " + sentence(random)
        case 1:
            return "\n".join(f"- {sentence(random)}" for _ in range(random.randint(1, 9)))
        case 2:
            return "\n".join(f"{n}. {sentence(random)}\n   - {sentence(random)}" for n in range(1, 5))
        case 3:
            lines = [f"    print({n}, 'x')" * random.randint(1, 3) for n in range(random.randint(1, 120))]
            return "```python\nfor x in y:\n" + "\n\n".join(lines) + "\n```"
        case 4:
            rows = ["| " + " | ".join(random.choice(WORDS[:8]) for _ in range(3)) + " |" for _ in range(9)]
            return "\n".join((rows[0], "|---|---|---|", *rows[1:]))
        case 5:
            return "\n".join(f"> {sentence(random)}" for _ in range(random.randint(1, 4)))
        case 6:
            return " ".join(sentence(random) for _ in range(random.randint(20, 70)))
        case _:
            return " ".join(sentence(random) for _ in range(random.randint(1, 6)))


def answer(random: Random) -> str:
    """Something a model might write."""
    return "\n\n".join(block(random) for _ in range(random.randint(1, 12)))


def garbage(random: Random) -> str:
    """Something nobody would write."""
    pieces = random.choices((*GARBAGE, *WORDS, " ", " "), k=random.randint(0, 80))
    text = "".join(pieces)
    return text * random.choice((1, 1, 1, 1, 40)) if random.random() < 0.5 else text + answer(random)[:3000]
