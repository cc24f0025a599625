"""`porchlight setup`: what is still to be done outside of this machine, with links that do it.

It reads the settings and calls nobody.
"""

from bot.claim import qr_text
from bot.phrases import operator
from bot.settings import Settings


def steps(settings: Settings) -> list[str]:
    """What to do next, in order. Nothing in it is secret."""
    found = []
    if settings.discord_token:
        from adapters.discord import application_of, server_link  # its library is slow to load

        application_id = application_of(settings.discord_token.get_secret_value())
        if application_id is None:
            found.append(operator.TROUBLES["discord token"])
        else:
            link = server_link(application_id)
            found.append(operator.discord_server(link, qr_text(link)))
    elif not settings.telegram_token:
        found.append(operator.NO_PLATFORM)
    return [*found, operator.SETUP_NEXT]
