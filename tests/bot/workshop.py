"""A provider that lists models, the making of nodes, and what an admin does with them in a chat."""

from core.node import Node
from core.providers import End, Health
from core.types import Chat, NodeSpec
from tests.bot.scenes import HOME, Scene
from tests.fakes import Beat, Player

PLAIN: list[Beat] = ["An answer.", End()]
KEY = "gsk_canary0123456789canary"
TOKEN = "canarytokencanarytokencanarytoken0123456"
ACCOUNT = "0123456789abcdef0123456789abcdef"
PASSWORD = "open the porch"


class Offers(Player):
    """A provider that lists models."""

    def __init__(self, *scripts: list[Beat], models: tuple[str, ...] = (), ill: str = "") -> None:
        super().__init__(*scripts)
        self.health = Health("ill", ill) if ill else Health("well", models=models)

    async def check(self) -> Health:
        return self.health


class Workshop:
    """Makes nodes that play, and remembers what it was to make."""

    def __init__(self, player: Player | None = None) -> None:
        self.player = player or Offers(PLAIN, models=("llama-3.3-70b", "qwen-3-32b"))
        self.made: list[NodeSpec] = []

    def __call__(self, spec: NodeSpec) -> Node:
        self.made.append(spec)
        return Node(spec, self.player, random=lambda: 0.0)


async def paste(house: Scene, text: str, chat: Chat = HOME) -> str:
    """Write that; it stands in the chat until it is taken away. What is said to it."""
    place = f"pasted {house.said}"
    house.stage.posts[place] = house.stage.render("what was pasted", final=True)[0]
    await house.say(text, post=place, chat=chat)
    await house.stage.shows(lambda: place not in house.stage.posts)
    await house.calm()
    return house.stage.texts()[-1]


async def commands(house: Scene) -> dict[str, str]:
    """The buttons that were shown last, by their labels."""
    last = list(house.stage.posts.values())[-1]
    return {button.label: button.command for button in last.buttons}
