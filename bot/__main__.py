"""`python -m bot`, which is `porchlight`: see bot/command_line.py."""

import io
import os
import sys
from pathlib import Path

from bot import command_line


def main() -> int:
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:  # closed by whoever started us
            setattr(sys, name, Path(os.devnull).open("w"))  # noqa: SIM115 # as long as we live
        elif isinstance(stream, io.TextIOWrapper):  # a terminal without UTF-8 shows a ? here and there
            stream.reconfigure(errors="replace")
    return command_line.main()


if __name__ == "__main__":
    sys.exit(main())
