"""What became of each question, judged by nothing but what stands in the chats at the end.

Every answer is made of words that name their question: `a17w0 a17w1 … a17end`. So whoever reads a post can
tell which question it answers, whether the text is whole, and whether it is there twice. A post without such
words is an honest sentence if it replies to a question, and a stray if it does not. Plain functions over
what was written down; they do not know who wrote it, or which platform this is.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

What = Literal["whole", "sentence", "taken back", "answered still", "lost", "twice", "wrong"]
"""Taken back: the question, and nothing answers it; answered still: so, but its whole answer stands there, as
the program need not have been told. Twice: two answers, an answer beside half a one, or a sentence beside
either. Wrong: a text that is cut, mixed, in the wrong order, or that replies to nothing."""
WELL: tuple[What, ...] = ("whole", "sentence", "taken back", "answered still")

WORD = re.compile(r"\ba(\d+)(?:w\d+|end)\b")
PARAGRAPH_WORDS = 40


def answer(number: int, length: int) -> str:
    """The one right answer to question `number`: so many words, in paragraphs, and the last is its end."""
    words = [f"a{number}w{place}" for place in range(length - 1)] + [f"a{number}end"]
    paragraphs = [words[at : at + PARAGRAPH_WORDS] for at in range(0, length, PARAGRAPH_WORDS)]
    return "\n\n".join(" ".join(paragraph) for paragraph in paragraphs)


@dataclass(frozen=True, slots=True)
class Question:
    number: int
    chat: int
    post: int
    """The id of what the person wrote."""
    length: int
    """How many words its answer has."""
    at: float
    """When it was asked."""
    removed: bool = False
    """The person has taken it back."""


class Standing(NamedTuple):
    """A post of the program that stands in the chat at the end."""

    post: int
    text: str
    reply_to: int | None


@dataclass(slots=True)
class Judgement:
    verdicts: dict[int, What] = field(default_factory=dict)
    """Question number → what became of it."""
    strays: list[tuple[int, Standing]] = field(default_factory=list)
    """Posts that belong to no question of their chat, with the chat."""

    def count(self, what: What) -> int:
        return Counter(self.verdicts.values())[what]


def judged(questions: Iterable[Question], chats: Mapping[int, Sequence[Standing]]) -> Judgement:
    """`chats`: what stands in each, in its order."""
    judgement = Judgement()
    asked: dict[int, list[Question]] = {chat: [] for chat in chats}
    for question in questions:
        asked[question.chat].append(question)
    for chat, posts in chats.items():
        owned = {question.number: posts_of(question, posts) for question in asked[chat]}
        for question in asked[chat]:
            judgement.verdicts[question.number] = verdict(question, owned[question.number])
        known = {post.post for own in owned.values() for post in own}
        judgement.strays += [(chat, post) for post in posts if post.post not in known]
    return judgement


def posts_of(question: Question, posts: Iterable[Standing]) -> list[Standing]:
    """Those that hold words of its answer, or that reply to it with none of anybody's."""
    return [
        post
        for post in posts
        if question.number in _numbers(post)
        or (post.reply_to == question.post and not _numbers(post) and is_sentence(post))
    ]


def verdict(question: Question, posts: Sequence[Standing]) -> What:
    """`posts` are those of this question."""
    texts = [post for post in posts if _numbers(post)]
    sentences = len(posts) - len(texts)
    if not posts:
        return "taken back" if question.removed else "lost"
    if not texts:
        return "sentence" if sentences == 1 else "twice"
    replies = question.removed or texts[0].reply_to == question.post
    if not sentences and replies and _is_whole(question, texts):
        return "answered still" if question.removed else "whole"
    return "twice" if sentences or _is_doubled(question, texts) else "wrong"


def is_over(question: Question, posts: Sequence[Standing]) -> bool:
    """Whether the person has what they waited for, be it right or wrong."""
    own = posts_of(question, posts)
    return any(not _numbers(post) or f"a{question.number}end" in post.text for post in own)


def is_sentence(post: Standing) -> bool:
    return any(letter.isalpha() for letter in post.text)


def _numbers(post: Standing) -> set[int]:
    return {int(number) for number in WORD.findall(post.text)}


def _is_whole(question: Question, posts: Sequence[Standing]) -> bool:
    """Together they are its answer, letter for letter but for the white space."""
    text = " ".join(post.text for post in posts)
    return text.split() == answer(question.number, question.length).split()


def _is_doubled(question: Question, posts: Sequence[Standing]) -> bool:
    """Some word of it stands in two posts."""
    words = Counter(
        word for post in posts for word in {*re.findall(rf"\ba{question.number}(?:w\d+|end)\b", post.text)}
    )
    return any(count > 1 for count in words.values())
