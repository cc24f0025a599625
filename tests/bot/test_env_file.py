"""`.env` is changed without losing anything: neither another setting, nor a comment, nor a blank."""

import os
import stat
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot import env, env_file
from bot.values import Findings

NAMES = st.sampled_from(["TELEGRAM_TOKEN", "LANGUAGE", "OPENAI_2_URL", "UNKNOWN"])
SIGNS = st.characters(codec="utf-8", exclude_characters="\r\n\x00\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029")
VALUES = st.text(SIGNS, min_size=1, max_size=30).map(str.strip).filter(bool)
COMMENTS = st.text(SIGNS, max_size=20).map(lambda text: f"# {text}")
LINES = st.one_of(
    COMMENTS,
    st.just(""),
    st.sampled_from(
        [
            "LANGUAGE=en",
            "export LANGUAGE = 'de' # German",
            'TELEGRAM_TOKEN="1:a b"  #c',
            "OPENAI_2_URL=http://x # a comment",
            "unknown=  spaced out  ",
            "OTHER='two\nlines'",
            "NOBODY=",
            "LANGUAGE",
        ]
    ),
)
FILES = st.builds(
    lambda lines, end, mark, last: mark + end.join(lines).replace("\n", end) + (end if last else ""),
    st.lists(LINES, max_size=8),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from(["", "\ufeff"]),
    st.booleans(),
)


@given(FILES, NAMES, VALUES)
@example("", "LANGUAGE", "\\")
@example("", "LANGUAGE", "a 'b' \"c\" # d\\")
def test_what_is_written_is_read_back_and_nothing_else_changes(text: str, name: str, value: str) -> None:
    """Whatever stands in the file and whatever the value is: the new text says this one value, and every
    other setting and every comment as before. A value no quotes can hold is refused."""
    try:
        env_file.quoted(value)
    except ValueError:
        return
    new = env_file.changed(text, {name: value})
    assert env_file.read(new) == {**env_file.read(text), name: value}
    for line in text.splitlines():
        if line.lstrip("\ufeff").startswith("#"):
            assert line in new.splitlines()


@given(FILES)
def test_what_is_not_changed_stays_to_the_letter(text: str) -> None:
    """Blanks, line ends, order and byte order mark."""
    assert env_file.changed(text, {}) == text


@given(FILES, NAMES, VALUES, VALUES)
def test_changing_it_back_leaves_no_trace(text: str, name: str, first: str, second: str) -> None:
    """Changed to one value and then to another is the same as changed to the other at once."""
    try:
        at_once = env_file.changed(text, {name: second})
        assert env_file.changed(env_file.changed(text, {name: first}), {name: second}) == at_once
    except ValueError:
        return


@given(VALUES)
def test_no_ordinary_value_is_refused(value: str) -> None:
    """Only one with a backslash, or with quotes of both kinds, may be."""
    if "\\" not in value and not ("'" in value and '"' in value):
        assert env_file.read(f"A={env_file.quoted(value)}") == {"A": value}


def test_a_value_is_changed_where_it_stands() -> None:
    """With what is written around it; of two lines the last, which is the one that counts."""
    text = "# mine\nexport LANGUAGE = 'de'  # spoken here\nLANGUAGE=fr\nOTHER=1\n"
    assert env_file.changed(text, {"LANGUAGE": "vi"}) == text.replace("=fr", "=vi")
    text = "export LANGUAGE = 'de'  # spoken here\n"
    assert env_file.read(env_file.changed(text, {"LANGUAGE": ""})) == {"LANGUAGE": ""}


def test_new_settings_come_at_the_end() -> None:
    """On lines of their own, also where the last one has no end."""
    assert env_file.changed("A=1", {"B": "2", "C": "", "D": "x y"}) == "A=1\nB=2\nD='x y'\n"


def test_a_quote_that_is_never_closed_swallows_nothing() -> None:
    """It is refused, rather than written where it would be read as something else."""
    with pytest.raises(ValueError, match="quote"):
        env_file.changed("A='never closed\n", {"B": "it's"})


def test_the_program_reads_what_was_written(tmp_path: Path) -> None:
    """By bot/env.py, quotes and all; the file is for its owner alone, whatever it was before."""
    path = tmp_path / ".env"
    path.write_text("# mine\nLANGUAGE=en\n")
    path.chmod(0o644)
    text = path.read_text()
    env_file.save(path, env_file.changed(text, {"ADMIN_PASSWORD": "open $the 'porch' #1"}))
    found = Findings()
    assert env.read(path, found) == {"LANGUAGE": "en", "ADMIN_PASSWORD": "open $the 'porch' #1"}
    assert found.mistakes == []
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in tmp_path.iterdir()] == [".env"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can change a file of somebody else")
def test_it_stays_whose_it_is(tmp_path: Path) -> None:
    """Also when root changes it: the program, which is not root, could not read it otherwise."""
    path = tmp_path / ".env"
    path.write_text("LANGUAGE=en\n")
    os.chown(path, 10001, 10002)
    env_file.save(path, "LANGUAGE=de\n")
    assert (path.stat().st_uid, path.stat().st_gid) == (10001, 10002)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    """What it leads to is changed."""
    real = tmp_path / "real"
    real.write_text("")
    link = tmp_path / ".env"
    link.symlink_to(real)
    env_file.save(link, "A=1\n")
    assert link.is_symlink()
    assert real.read_text() == "A=1\n"
