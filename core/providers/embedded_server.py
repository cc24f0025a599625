"""The program of the child process in which the built-in model runs; core/providers/embedded.py starts it.

It reads one line of JSON from stdin (`model`, `key`, `threads`, `slots`, `context_tokens`: of all slots
together), starts llama.cpp's own server on a free port of 127.0.0.1, and answers with one line of JSON on
stdout: `{"url": …}`, or `{"error": …}` and exit code 1. Then it waits until stdin closes, which the
operating system does for a parent that was killed, and is gone at once. It is a program by itself and
imports nothing of ours, so that it holds no more memory than the model needs.
"""

import json
import os
import resource
import sys
from typing import Any, TextIO


def main() -> None:
    told = json.loads(sys.stdin.readline())
    answer = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever the engine prints goes where errors go, not into our one line
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        server = start(told)
    except Exception as error:  # noqa: BLE001 whatever it is, the parent has to hear of it
        say(answer, {"error": f"{type(error).__name__}: {error}"})
        os._exit(1)
    try:
        say(answer, {"url": server.listening_address})
        sys.stdin.buffer.read()
    finally:
        os._exit(0)  # without the engine's own farewell, which waits for the answers it is giving


def start(told: dict[str, Any]) -> Any:
    # Threads that wait for work must sleep: spinning, four answers at once take eight times as long. The
    # engine's threading library reads this from the C environment, when it is loaded.
    os.putenv("OMP_WAIT_POLICY", "passive")
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = told["model"]
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.api_keys = [told["key"]]
    params.n_parallel = told["slots"]
    params.n_ctx = told["context_tokens"]
    params.cpuparams.n_threads = told["threads"]
    params.cpuparams_batch.n_threads = told["threads"]
    params.cache_ram_mib = 0  # it would keep up to 8 GB of old prompts
    params.ui = False
    params.endpoint_slots = False  # it would show what is being asked
    params.verbosity = 0
    return xllamacpp.Server(params)


def say(answer: TextIO, what: dict[str, str]) -> None:
    answer.write(json.dumps(what) + "\n")
    answer.close()


if __name__ == "__main__":
    main()
