"""The systemd unit that keeps this installation running, as text: `porchlight service` prints it.

It is a unit of the person who runs it and not of the system, so no administrator is needed. Its walls are
those that work there on every kernel: they need no namespaces. What it says about watching is kept by
bot/watchdog.py.
"""

from pathlib import Path

NAME = "porchlight.service"
START_S_MAX, STOP_S_MAX, WATCHDOG_S = 300, 30, 120
"""The first start may have to migrate; a stop lets running answers come to their end for 8 s."""


def unit(command: tuple[str, ...], folder: Path) -> str:
    """`command` starts the program, and `folder` is where its `.env` is."""
    return f"""\
# To use it, as the user who runs Porchlight, in its folder:
#   mkdir -p ~/.config/systemd/user && .venv/bin/porchlight service > ~/.config/systemd/user/{NAME}
#   systemctl --user enable --now porchlight && loginctl enable-linger    (it runs while nobody is logged in)
[Unit]
Description=Porchlight, the family's AI assistant
StartLimitIntervalSec=0

[Service]
Type=notify
NotifyAccess=main
ExecStart={" ".join(_quoted(word) for word in command)}
WorkingDirectory={_line(folder)}
Restart=always
RestartSec=10
# Settings that are wrong are not mended by trying again.
RestartPreventExitStatus=2
TimeoutStartSec={START_S_MAX}
TimeoutStopSec={STOP_S_MAX}
WatchdogSec={WATCHDOG_S}
KillMode=mixed
OOMPolicy=continue
UMask=0077
NoNewPrivileges=yes
LockPersonality=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
RestrictNamespaces=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallErrorNumber=EPERM

[Install]
WantedBy=default.target
"""


def _quoted(word: str) -> str:
    """One word of a command line (systemd.service(5))."""
    return '"' + word.replace("\\", "\\\\").replace('"', '\\"').replace("$", "$$").replace("%", "%%") + '"'


def _line(path: Path) -> str:
    """A path that has the whole line to itself."""
    return str(path).replace("%", "%%")
