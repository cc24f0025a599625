"""The commands about the models: which there are, looking after them, choosing among what each offers.

Names of nodes and models may be longer than a button can carry, so buttons name them by a handle; whoever
types writes the name. A key is never an argument here: it is pasted as a message of its own, and taken away
at the door (bot/gate.py).
"""

from collections.abc import Sequence
from dataclasses import replace

from bot.calls import Call, Desktop, Reply
from bot.model_names import for_chat, in_order
from bot.node_keeper import HANDLE, handle, is_called
from bot.status_facts import node_facts
from core.errors import NodeError, Rejected
from core.node import Node, kind_of
from core.node_choices import Added
from core.strategies import STRATEGIES
from core.trial import Trial
from core.types import Button

STRATEGY_CHOICE = "strategy"
"""The name under which `/strategy` keeps what was chosen."""
MODELS_SHOWN_MAX = 12
LABEL_LETTERS_MAX = 40


# ── Which there are ───────────────────────────────────────────────────────────────────────────────


async def models(desktop: Desktop, call: Call) -> str | Reply:
    """`/models`; an admin in private may choose."""
    now = desktop.clock()
    lines = [call.say.model_line(node_facts(node, now)) for node in desktop.pool.nodes]
    if not lines:
        return call.say.NO_MODELS
    chooses = call.role == "admin" and call.chat.kind == "private"
    return Reply(call.say.models_text(lines), _node_buttons(desktop, "/choose") if chooses else ())


async def choose(desktop: Desktop, call: Call) -> str | Reply:
    """`/choose node`, `/choose node model`, or a part of its name."""
    keeper = desktop.operating.keeper
    word, _, wanted = _node_first(call.argument, [node.name for node in desktop.pool.nodes])
    node, added = keeper.find(word), await keeper.find_unfinished(word)
    if node is None and added is None:
        return Reply(call.say.MODEL_FOR_WHICH, _node_buttons(desktop, "/choose"))
    name = node.name if node else added.name if added else ""
    if node is not None and node.spec.kind == "embedded":
        return call.say.model_fixed(name)
    listed = await keeper.models_of(name)
    if not listed and not wanted:
        return call.say.lists_no_models(name)
    exact = next((it for it in listed if is_called(it, wanted)), wanted if not listed else None)
    if exact is not None:
        return await _model_chosen(desktop, call, node, added, exact)
    found = [it for it in in_order(listed) if wanted.casefold() in it.casefold()]
    if not found:
        return call.say.no_model_like(name, wanted)
    shown = found[:MODELS_SHOWN_MAX]
    buttons = tuple(Button(_label(it), f"/choose {handle(name)} {handle(it)}") for it in shown)
    now = node.spec.model if node else ""
    return Reply(call.say.choose_model(name, now, shown, len(found) - len(shown)), buttons)


async def _model_chosen(
    desktop: Desktop, call: Call, node: Node | None, added: Added | None, model: str
) -> str | Reply:
    keeper = desktop.operating.keeper
    if node is not None:
        await keeper.choose_model(node, model)
        return Reply(call.say.model_set(node.name, model), (_test_button(call, node.name),))
    if added is None:
        return call.say.NO_MODELS
    trial = await keeper.choose_first_model(added, model)
    return _after_trial(call, replace(added, model=model), trial)


# ── Looking after them ────────────────────────────────────────────────────────────────────────────


async def nodes(desktop: Desktop, call: Call) -> str | Reply:
    """`/nodes`, `/nodes add`, `/nodes show|test|pause|resume|remove|try node`."""
    what, rest = (*call.argument.split(maxsplit=1), "", "")[:2]
    if what.lower() == "add":
        return call.say.ADD_HOW
    keeper = desktop.operating.keeper
    if keeper.find(call.argument) is not None:
        what, rest = "show", call.argument
    word, _, sure = _node_first(rest, [node.name for node in desktop.pool.nodes])
    node, added = keeper.find(word), await keeper.find_unfinished(word)
    match what.lower():
        case "try" if added is not None:
            trial = await keeper.finish(added)
            only = for_chat(trial.models)
            if trial.error is None and not added.model and len(only) == 1:
                return await _model_chosen(desktop, call, None, added, only[0])
            return _after_trial(call, added, trial)
        case "test" | "try" if node is not None:
            return _tested(call, node.name, await keeper.test(node))
        case "remove" if node is not None or added is not None:
            return await _remove(desktop, call, node.name if node else added.name if added else "", sure)
        case "pause" | "resume" if node is not None:
            await keeper.pause(node, what.lower() == "pause")
            text = call.say.node_paused(node.name) if node.paused else call.say.node_goes_on(node.name)
            return Reply(text, _buttons_of(desktop, call, node))
        case "show" if node is not None:
            line = call.say.node_line(node_facts(node, desktop.clock()), detailed=True)
            return Reply(line.removeprefix("- "), _buttons_of(desktop, call, node))
        case "show" if added is not None:
            line = call.say.unfinished_line(added.name)
            back = Button(call.say.BACK_BUTTON, "/nodes")
            return Reply(line.removeprefix("- "), (*_buttons_of_unfinished(call, added), back))
    if rest and added is None and not rest.startswith(HANDLE):
        return call.say.reset_unknown(rest.removesuffix(" yes"), [it.name for it in desktop.pool.nodes])
    return await _all(desktop, call)


async def _all(desktop: Desktop, call: Call) -> Reply:
    now = desktop.clock()
    unfinished = await desktop.operating.keeper.unfinished()
    lines = [call.say.node_line(node_facts(node, now)) for node in desktop.pool.nodes]
    lines += [call.say.unfinished_line(it.name) for it in unfinished]
    names = [node.name for node in desktop.pool.nodes] + [it.name for it in unfinished]
    buttons = [Button(_label(name), f"/nodes show {handle(name)}") for name in names]
    text = "\n".join([call.say.NODES_TEXT, "", *lines]) if lines else call.say.NO_MODELS
    return Reply(text, (*buttons, Button(call.say.ADD_BUTTON, "/nodes add")))


async def _remove(desktop: Desktop, call: Call, name: str, sure: str) -> str | Reply:
    keeper = desktop.operating.keeper
    node = keeper.find(name)
    if node is not None and node.spec.kind == "embedded":
        return call.say.model_fixed(name)
    if keeper.is_named(name) or name not in [it.name for it in await keeper.added()]:
        return call.say.node_in_settings(name)
    if sure != "yes":
        yes = Button(call.say.REMOVE_NODE_YES, f"/nodes remove {handle(name)} yes")
        return Reply(call.say.node_remove_sure(name), (yes,))
    await keeper.remove(name)
    return call.say.node_removed(name)


def _after_trial(call: Call, added: Added, trial: Trial) -> str | Reply:
    """What became of a node that was added just now."""
    name = added.name
    if trial.error is None and added.model:
        return Reply(call.say.node_added(name, added.model, trial.first_s), (_test_button(call, name),))
    if added.key and isinstance(trial.error, Rejected) and not trial.models:
        return call.say.key_refused(name, trial.error.remedy)
    if trial.error is not None:
        return Reply(_silent(call, name, trial.error), _buttons_of_unfinished(call, added))
    shown = in_order(trial.models)[:MODELS_SHOWN_MAX]
    if not shown:
        return call.say.lists_no_models(name)
    buttons = tuple(Button(_label(it), f"/choose {handle(name)} {handle(it)}") for it in shown)
    return Reply(call.say.choose_model(name, "", shown, len(trial.models) - len(shown)), buttons)


def _tested(call: Call, name: str, trial: Trial) -> Reply:
    again = (_test_button(call, name),)
    if trial.error is None:
        return Reply(call.say.node_answers(name, trial.first_s), again)
    return Reply(_silent(call, name, trial.error), again)


def _silent(call: Call, name: str, error: NodeError) -> str:
    remedy = error.remedy if isinstance(error, Rejected) else ""
    return call.say.node_silent(name, call.say.failure(kind_of(error)), remedy)


def _buttons_of_unfinished(call: Call, added: Added) -> tuple[Button, ...]:
    named = handle(added.name)
    return (
        Button(call.say.TRY_AGAIN_BUTTON, f"/nodes try {named}"),
        Button(call.say.MODEL_BUTTON, f"/choose {named}"),
        Button(call.say.REMOVE_BUTTON, f"/nodes remove {named}"),
    )


def _buttons_of(desktop: Desktop, call: Call, node: Node) -> tuple[Button, ...]:
    """What can be done with it: the built-in model is the only one it has, and what the settings name is
    removed there."""
    named, say = handle(node.name), call.say
    hold = Button(say.PAUSE_BUTTON, f"/nodes pause {named}")
    buttons = [
        _test_button(call, node.name),
        Button(say.GO_ON_BUTTON, f"/nodes resume {named}") if node.paused else hold,
    ]
    if node.spec.kind != "embedded":
        buttons.append(Button(say.MODEL_BUTTON, f"/choose {named}"))
    if not desktop.operating.keeper.is_named(node.name):
        buttons.append(Button(say.REMOVE_BUTTON, f"/nodes remove {named}"))
    return (*buttons, Button(say.BACK_BUTTON, "/nodes"))


# ── Spreading the questions ───────────────────────────────────────────────────────────────────────


async def reset(desktop: Desktop, call: Call) -> str:
    names = desktop.pool.reset(call.argument or None)
    if not names:
        return call.say.reset_unknown(call.argument, [node.name for node in desktop.pool.nodes])
    return call.say.reset_done(names)


async def strategy(desktop: Desktop, call: Call) -> str | Reply:
    known, back = list(STRATEGIES), Button(call.say.BACK_BUTTON, "/status")
    if not call.argument:
        buttons = [Button(name.replace("_", " "), f"/strategy {name}") for name in known]
        return Reply(call.say.strategy_text(desktop.pool.strategy, known), (*buttons, back))
    name = call.argument.lower().replace("-", "_").replace(" ", "_")
    if name not in STRATEGIES:
        return call.say.strategy_unknown(call.argument, known)
    await desktop.store.choose(STRATEGY_CHOICE, name)
    desktop.pool.strategy = name
    return Reply(call.say.strategy_set(name), (back,))


# ── Names and buttons ─────────────────────────────────────────────────────────────────────────────


def _node_first(text: str, names: Sequence[str]) -> tuple[str, str, str]:
    """The node at the beginning, whose name may have spaces in it, and the rest."""
    for name in sorted(names, key=len, reverse=True):
        if (text + " ").casefold().startswith(name.casefold() + " "):
            return name, " ", text[len(name) :].strip()
    word, space, rest = text.partition(" ")
    return word, space, rest.strip()


def _node_buttons(desktop: Desktop, command: str) -> tuple[Button, ...]:
    return tuple(
        Button(_label(node.name), f"{command} {handle(node.name)}")
        for node in desktop.pool.nodes
        if node.spec.kind != "embedded"
    )


def _test_button(call: Call, name: str) -> Button:
    return Button(call.say.TEST_BUTTON, f"/nodes test {handle(name)}")


def _label(text: str) -> str:
    return text if len(text) <= LABEL_LETTERS_MAX else f"…{text[1 - LABEL_LETTERS_MAX :]}"
