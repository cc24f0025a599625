"""Draws the picture that the README begins with, from a conversation with the real program:

python -m tests.picture                   into docs/conversation.svg
python -m tests.picture --to other.svg
"""

import argparse
import asyncio
import logging
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.picture.drawing import draw
from tests.picture.scene import record

PICTURE = Path(__file__).parents[2] / "docs" / "conversation.svg"
TITLE = "A family writes with Porchlight"


def main(words: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        prog="python -m tests.picture", description="Draws the README's picture."
    )
    parser.add_argument("--to", type=Path, default=PICTURE, help="where it is put (default: %(default)s)")
    to = parser.parse_args(words).to
    logging.disable(logging.INFO)
    with TemporaryDirectory() as folder:
        to.write_text(draw(asyncio.run(record(Path(folder))), TITLE), "utf-8")


if __name__ == "__main__":
    main()
