"""`python -m bot`, which is `porchlight`: see bot/command_line.py."""

import os
import sys
from pathlib import Path

from bot import command_line


def main() -> int:
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by whoever started us
            setattr(sys, name, Path(os.devnull).open("w"))  # noqa: SIM115 # as long as we live
    return command_line.main()


if __name__ == "__main__":
    sys.exit(main())
