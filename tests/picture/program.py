"""The real program, on a machine for which the web's stand-in is the internet.

    python -m tests.picture.program 40123

Every name that ends in `.example` has an invented public address here, and a connection to that address comes
to this port of the loopback. That is all that is different: names are still looked up, addresses judged, and
pages fetched and read by the program itself.
"""

import asyncio
import socket
import sys
from typing import Any

from bot import app
from bot import settings as settings_file

ADDRESS = "45.155.0.7"


class Machine(asyncio.SelectorEventLoop):
    """`port` is where the pages are."""

    def __init__(self, port: int) -> None:
        super().__init__()
        self._port = port

    async def getaddrinfo(self, host: Any, port: Any, **how: Any) -> Any:
        if str(host).endswith(".example"):
            return [(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (ADDRESS, port))]
        return await super().getaddrinfo(host, port, **how)

    async def create_connection(
        self, protocol_factory: Any, host: Any = None, port: Any = None, **how: Any
    ) -> Any:
        if host == ADDRESS:
            host, port = "127.0.0.1", self._port
        return await super().create_connection(protocol_factory, host, port, **how)


def main() -> None:
    port = int(sys.argv[1])
    with asyncio.Runner(loop_factory=lambda: Machine(port)) as runner:
        runner.run(app.serve(settings_file.load(), lambda text: print(text, flush=True)))  # noqa: T201


if __name__ == "__main__":
    main()
