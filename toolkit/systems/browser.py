"""Shows a person a page in the computer's own browser, and in any case where it is."""

import webbrowser

from toolkit.systems.prompts import Prompts


def show(url: str, what: str, prompts: Prompts, *, opens: bool) -> None:
    """Say where a page is, and have the computer open it where it can.

    Where there is no browser, as on a server, the address that was shown is all there is.
    """
    prompts.show_page(url, what, opens=opens)
    if opens:
        webbrowser.open(url)
