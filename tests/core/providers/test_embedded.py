"""The built-in model: the real engine and the real weights, asked real questions."""

import asyncio
import contextlib
import os
import signal
import sys
import textwrap
from collections import Counter
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil
import pytest

from core.errors import Rejected, TooLong, Unavailable
from core.providers import End, Health, Prompt
from core.providers.embedded import Embedded, advice, memory_bytes, pause_s
from core.types import NodeSpec, Text, Turn
from core.weights import check_file, parameters

WITHIN_S = 20.0


@dataclass
class Clock:
    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def spec_of(weights: Path) -> NodeSpec:
    return NodeSpec(
        name="Mini",
        kind="embedded",
        url="",
        model="SmolLM2",
        local=True,
        small=True,
        context_tokens=2048,
        options={"weights": str(weights)},
    )


@contextlib.asynccontextmanager
async def model_in(weights: Path, clock: Clock) -> AsyncGenerator[Embedded, None]:
    async with httpx.AsyncClient() as client:
        model = Embedded(spec_of(weights), client, clock)
        try:
            yield model
        finally:
            await model.close()


@pytest.fixture
async def model(mini_model: Path, clock: Clock) -> AsyncGenerator[Embedded, None]:
    async with model_in(mini_model, clock) as model:
        yield model
    assert children() == [], "a closed model leaves no process behind"


def asked(question: str) -> Prompt:
    return Prompt((Turn("user", question),), max_tokens=1024)


async def answer(model: Embedded, question: str) -> str:
    """The whole text; fails if the stream does not end with its end mark."""
    *texts, end = [piece async for piece in model.stream(asked(question))]
    assert isinstance(end, End)
    return "".join(piece.piece for piece in texts if isinstance(piece, Text))


def children() -> list[psutil.Process]:
    return psutil.Process().children(recursive=True)


async def until_ended(process: psutil.Process) -> None:
    """A process of somebody else cannot be waited for, only looked at."""
    async with asyncio.timeout(WITHIN_S):
        with contextlib.suppress(psutil.NoSuchProcess):
            while process.is_running() and process.status() != psutil.STATUS_ZOMBIE:  # noqa: ASYNC110
                await asyncio.sleep(0.02)


# ── Answers ───────────────────────────────────────────────────────────────────────────────────────


async def test_capital_of_france(model: Embedded) -> None:
    """It knows the capital of France, and says so piece by piece; the engine is not in our process."""
    pieces = [piece async for piece in model.stream(asked("What is the capital of France?"))]
    texts = [piece.piece for piece in pieces if isinstance(piece, Text)]
    assert "Paris" in "".join(texts)
    assert len(texts) > 3
    assert isinstance(pieces[-1], End)
    assert "xllamacpp" not in sys.modules


async def test_no_circles(model: Embedded) -> None:
    """Asked for what small models never finish, it ends at its limit at the latest, and does not go round."""
    pieces = [piece async for piece in model.stream(asked("Write a short poem about the sea."))]
    end = pieces[-1]
    assert isinstance(end, End)
    assert end.answer_tokens is not None
    assert end.answer_tokens <= 160
    lines = "".join(piece.piece for piece in pieces if isinstance(piece, Text)).splitlines()
    assert max(Counter(line for line in lines if line).values()) <= 2


async def test_a_question_asked_again_gets_the_right_answer_again(model: Embedded) -> None:
    """What keeps it from going round in circles does not keep it from saying the same thing twice, and
    a connection that the engine closed meanwhile is nobody's fault."""
    question = Turn("user", "What is the capital of France?")
    before = Turn("assistant", "The capital of France is Paris.")
    for _ in range(15):
        prompt = Prompt((question, before, question), max_tokens=1024)
        pieces = [piece async for piece in model.stream(prompt)]
        assert "Paris" in "".join(piece.piece for piece in pieces if isinstance(piece, Text))


async def test_four_at_once(model: Embedded) -> None:
    """Four who ask at once get four whole answers, each their own."""
    capitals = {"France": "Paris", "Spain": "Madrid", "Japan": "Tokyo", "Italy": "Rome"}
    answers = await asyncio.gather(*(answer(model, f"What is the capital of {land}?") for land in capitals))
    for capital, text in zip(capitals.values(), answers, strict=True):
        assert capital in text


async def test_first_two_share_a_start(model: Embedded) -> None:
    """Two who ask first at the same time wait for the same process."""
    await asyncio.gather(answer(model, "Hello!"), answer(model, "Hello!"))
    assert len(children()) == 1


async def test_question_too_long(model: Embedded) -> None:
    """A question that does not fit is refused as too long, and the next one is answered."""
    with pytest.raises(TooLong):
        await answer(model, "word " * 5000)
    assert await answer(model, "Hello!")


async def test_health(model: Embedded) -> None:
    """Nothing runs before it is needed; warmed up, it is well."""
    assert (await model.check()).state == "loading"
    assert children() == []
    await model.warm_up()
    assert await model.check() == Health("well", models=("SmolLM2",))


def test_mini_model_is_small(mini_model: Path) -> None:
    """The default is a whole file of 135 million parameters."""
    check_file(mini_model)
    assert parameters(mini_model) == 134_515_008


# ── The child process ─────────────────────────────────────────────────────────────────────────────


async def test_key_is_secret(model: Embedded) -> None:
    """It listens on this machine only, answers who knows the key, and shows the key in no list of
    processes."""
    await model.warm_up()
    (child,) = children()
    (listening,) = child.net_connections("tcp")
    assert listening.laddr[0] == "127.0.0.1"
    visible = " ".join([*child.cmdline(), *child.environ().values()]).split()
    assert any("embedded_server" in word for word in visible)
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{listening.laddr[1]}") as client:
        for word in {"no-key", *visible}:
            headers = {b"Authorization": b"Bearer " + word.encode()}
            reply = await client.post("/v1/chat/completions", headers=headers, json={})
            assert reply.status_code == 401


async def test_ctrl_c_is_not_for_it(model: Embedded) -> None:
    """It is outside the terminal's group of processes, which Ctrl-C interrupts."""
    await model.warm_up()
    (child,) = children()
    assert os.getpgid(child.pid) != os.getpgid(0)


async def test_killed_in_mid_answer(model: Embedded) -> None:
    """If its process is killed while it answers, that answer is cut, and the next question is answered."""

    async def kill_in_mid_answer() -> None:
        async with contextlib.aclosing(model.stream(asked("Tell me a long story."))) as pieces:
            async for _ in pieces:
                (child,) = children()
                child.kill()

    with pytest.raises(Unavailable) as caught:
        await kill_in_mid_answer()
    assert caught.value.fault == "cut"
    assert "Paris" in await answer(model, "What is the capital of France?")


async def test_start_outlives_who_asked_first(model: Embedded) -> None:
    """Who goes away while it starts takes nothing from the next one: the same process answers."""
    first = asyncio.create_task(answer(model, "Hello!"))
    async with asyncio.timeout(WITHIN_S):
        while not children():  # noqa: ASYNC110 a process tells nobody that it is there
            await asyncio.sleep(0.01)
    started = children()
    first.cancel()
    await asyncio.wait({first})
    assert first.cancelled()
    assert await answer(model, "Hello!")
    assert children() == started


async def test_closed_while_starting(mini_model: Path, clock: Clock) -> None:
    """Closed in the middle of a start, it leaves no process, and who waited is told."""
    async with model_in(mini_model, clock) as model:
        first = asyncio.create_task(answer(model, "Hello!"))
        async with asyncio.timeout(WITHIN_S):
            while not children():  # noqa: ASYNC110 a process tells nobody that it is there
                await asyncio.sleep(0.01)
        await model.close()
        assert children() == []
        with pytest.raises(Unavailable):
            await first


async def test_dies_with_us(mini_model: Path) -> None:
    """When the program is killed, kill -9, the model's process ends too."""
    program = f"""
        import asyncio, sys, httpx, psutil
        from core.types import NodeSpec
        from core.providers.embedded import Embedded

        async def main():
            async with httpx.AsyncClient() as client:
                spec = NodeSpec("Mini", "embedded", "", "", context_tokens=512,
                                options={{"weights": {str(mini_model)!r}}})
                await Embedded(spec, client).warm_up()
                print(psutil.Process().children()[0].pid, flush=True)
                await asyncio.Event().wait()

        asyncio.run(main())
    """
    parent = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", textwrap.dedent(program)),
        stdout=asyncio.subprocess.PIPE,
        cwd=Path(__file__).parents[3],
    )
    assert parent.stdout is not None
    async with asyncio.timeout(WITHIN_S):
        child = psutil.Process(int(await parent.stdout.readline()))
    parent.kill()
    assert await parent.wait() == -signal.SIGKILL
    await until_ended(child)


# ── When it cannot start ──────────────────────────────────────────────────────────────────────────


async def test_weights_come_later(mini_model: Path, tmp_path: Path, clock: Clock) -> None:
    """While its file is being fetched it is unreachable, and as soon as the file is here it answers."""
    weights = tmp_path / "later.gguf"
    async with model_in(weights, clock) as model:
        with pytest.raises(Unavailable, match="not here yet"):
            await answer(model, "Hello!")
        assert (await model.check()).state == "ill"
        os.symlink(mini_model, weights)
        assert await answer(model, "Hello!")


async def test_truncated_file(mini_model: Path, tmp_path: Path, clock: Clock) -> None:
    """A file that is cut short is refused by name, with what is wrong and what to do."""
    weights = tmp_path / "cut.gguf"
    with mini_model.open("rb") as whole:
        weights.write_bytes(whole.read(5_000_000))
    async with model_in(weights, clock) as model:
        with pytest.raises(Rejected, match=r"cut\.gguf is cut short: it has 5000000 of 98362432 bytes"):
            await answer(model, "Hello!")
    assert children() == []


async def test_pause_after_deaths(mini_model: Path, tmp_path: Path, clock: Clock) -> None:
    """After two starts in vain it waits before it tries a third, and then does."""
    weights = tmp_path / "other.gguf"
    weights.write_bytes(b"something else")
    async with model_in(weights, clock) as model:
        for _ in range(2):
            with pytest.raises(Rejected):
                await model.warm_up()
        with pytest.raises(Unavailable, match="died 2 times"):
            await model.warm_up()
        clock.now += pause_s(2)
        weights.unlink()
        os.symlink(mini_model, weights)
        assert await answer(model, "Hello!")


def test_pauses() -> None:
    """The first death is forgiven; then the pause doubles, up to a minute."""
    assert [pause_s(deaths) for deaths in (1, 2, 3, 4, 20)] == [0, 2, 4, 8, 60]


@pytest.mark.parametrize(
    ("gigabytes", "model"), [(2, "gemma3:1b"), (8, "gemma3:4b"), (16, "llama3.1:8b"), (64, "llama3.1:8b")]
)
def test_advice(gigabytes: int, model: str) -> None:
    """Where there is no engine, a model that fits the machine's memory is named."""
    assert f"ollama pull {model}" in advice(gigabytes * 10**9)


def test_memory() -> None:
    """The machine's memory is known, in bytes."""
    assert memory_bytes() == psutil.virtual_memory().total
