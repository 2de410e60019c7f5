"""The human at the keyboard: asks, shows, waits visibly. Colours and progress live only here.

Data goes to stdout, talk to stderr. Without a terminal, or with TERM=dumb, there is no motion:
plain lines only.
"""

import os
import sys
import textwrap
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from toolkit.errors import AnswerError
from toolkit.inputs import Answer, Question, typed
from toolkit.state import Verb
from toolkit.verdicts import Verdict

if TYPE_CHECKING:
    from rich.status import Status

NARROWEST = 40
MARKS = {"create": "+", "change": "~", "remove": "-", "keep": "="}
STYLES = {
    "title": "bold",
    "add": "green",
    "change": "yellow",
    "remove": "red",
    "keep": "",
    "alarm": "bold red",
    "detail": "",
    "note": "cyan",
    "total": "bold",
    "good": "green",
    "bad": "bold red",
    "wait": "yellow",
}
VERBS_STYLE = {"create": "add", "change": "change", "remove": "remove", "keep": "keep"}
OWN_AUTHORITY = "The practice tenant has an authority of its own: let the browser pass, here only."
WORDS = {"proved": "good", "pending": "wait", "failed": "bad", "unknown": "bad"}


class Terminal:
    """What a command shows and asks; it also hears the engine and the systems."""

    def __init__(
        self,
        *,
        no_color: bool = False,
        verbose: bool = False,
        practice: bool = False,
    ) -> None:
        from rich.console import Console

        plain = no_color or bool(os.environ.get("NO_COLOR"))
        self.talk = Console(
            stderr=True, markup=False, emoji=False, highlight=False, no_color=plain, soft_wrap=True
        )
        self.verbose, self.practice = verbose, practice
        self.moving = self.talk.is_terminal and os.environ.get("TERM") != "dumb"
        self._status: Status | None = None
        self._last_wait = ""
        self._doing = ""

    # ---- saying ----

    def say(self, text: str = "", style: str = "") -> None:
        """Say a sentence to the person; it wraps between words."""
        self.still()
        lead = len(text) - len(text.lstrip())
        wrapped = textwrap.fill(
            text.strip(),
            max(self.talk.width, NARROWEST),
            initial_indent=" " * lead,
            subsequent_indent=" " * (lead + 2 if lead else 0),
            break_long_words=False,
            break_on_hyphens=False,
        )
        self.talk.print(wrapped, style=STYLES.get(style, style) or None)

    def exact(self, text: str, style: str = "") -> None:
        """Say something that will be copied: a command, a path, an id; it is never cut."""
        self.still()
        self.talk.print(text, style=STYLES.get(style, style) or None)

    def lines(self, lines: Iterable[tuple[str, str]], *, to_stdout: bool = False) -> None:
        """Show lines that carry a style word each; on stdout they are data."""
        from rich.console import Console

        console = (
            Console(
                markup=False,
                emoji=False,
                highlight=False,
                no_color=self.talk.no_color,
                soft_wrap=True,
            )
            if to_stdout
            else self.talk
        )
        for style, text in lines:
            console.print(text, style=STYLES.get(style) or None)

    # ---- asking ----

    @property
    def can_ask(self) -> bool:
        """Tell whether somebody is there to answer."""
        return sys.stdin.isatty()

    def ask(self, question: Question, suggestion: Answer | None) -> Answer:
        """Ask one question until the answer is of its kind; Enter takes the suggestion."""
        choices = {"yes_no": " (yes or no)", "choice": f" ({', '.join(question.choices)})"}
        self.say(f"{question.ask}{choices.get(question.kind, '')}", "title")
        while True:
            shown = _shown(suggestion)
            prompt = f"  [{shown}]" if shown else " "
            raw = click.prompt(
                prompt, default="", show_default=False, err=True, prompt_suffix=" > "
            )
            value: Any = raw if raw.strip() or suggestion is None else suggestion
            try:
                return typed(question, value)
            except AnswerError as error:
                self.say(f"  {error.message}", "bad")

    def choose(self, text: str, choices: Sequence[str]) -> str:
        """Have one of several chosen, by number or by name."""
        self.still()
        while True:
            answer = str(click.prompt(text, err=True)).strip()
            if answer in choices:
                return answer
            if answer.isdecimal() and 1 <= int(answer) <= len(choices):
                return choices[int(answer) - 1]
            self.say(f"  {answer!r} is none of them.", "bad")

    def confirm(self, text: str) -> bool:
        """Ask for a yes; Enter is no."""
        self.still()
        return click.confirm(text, default=False, err=True)

    # ---- what the engine tells ----

    def step(self, number: int, of: int, title: str, verb: Verb, *, done: bool) -> None:
        """Show a step: what is being done, then that it is done."""
        if not done:
            self._doing = f"[{number}/{of}] {title}"
            self._move(self._doing)
            return
        self.still()
        word = {"create": "made", "change": "changed", "remove": "removed", "keep": "unchanged"}[
            verb
        ]
        self.say(f"  {MARKS[verb]} [{number}/{of}] {title}: {word}", VERBS_STYLE[verb])

    def proving(self, verdict: Verdict | None) -> None:
        """Show that the proof begins, or what it says."""
        if verdict is None:
            self._doing = "proof: signing in as the application"
            self._move(self._doing)
            return
        self.still()
        for check in verdict.checks:
            how = (
                f"HTTP {check.status} {check.code}".strip()
                if check.layer == "live"
                else "Exchange's own test"
            )
            good = (
                "ok     "
                if check.found == check.expected
                else "unknown"
                if check.found == "unknown"
                else "NOT YET"
                if verdict.word == "pending"
                else "FAIL   "
            )
            self.say(
                f"    {good} {check.layer:<10} {check.mailbox}: {check.found}, expected {check.expected} ({how})"
            )
        self.say(f"  {verdict.word}: {verdict.why}", WORDS[verdict.word])

    def stays(self, title: str, why: str) -> None:
        """Say what undo leaves in place."""
        self.say(f"    stays: {title}: {why}", "wait")

    # ---- what the systems tell ----

    def working(self, what: str) -> None:
        """Show what is being done now, on the line that moves."""
        if self.verbose:
            self.say(f"    . {what}")
        elif self.moving:
            self._move(f"{self._doing}  ({what})" if self._doing else what)

    def waiting(self, why: str, until: datetime | None) -> None:
        """Show what is waited for; safe to stop at any time."""
        clock = "tenant time" if self.practice else "UTC"
        line = f"waiting: {why}" + (f" (next look or end {until:%H:%M} {clock})" if until else "")
        if self.moving:
            self._move(f"{self._doing}  {line}  Ctrl-C is safe")
        elif line != self._last_wait:
            self.say(f"    {line}", "wait")
        self._last_wait = line

    # ---- signing in ----

    def open_browser(self, url: str, what: str) -> bool:
        """Say that a sign-in page opens, and where it is if none does; the computer opens it."""
        self.say(
            f"Sign in for {what}: a browser window opens. If none does, open this page:", "note"
        )
        self.exact(url)
        if self.practice:
            self.say(OWN_AUTHORITY)
        return False

    def show_page(self, url: str, what: str, *, opens: bool) -> None:
        """Say where something is done in a browser; the address is never cut."""
        begins = "A browser window opens" if opens else "Open this page"
        rest = " If none does, open this page:" if opens else ""
        self.say(f"{begins}: {what}.{rest}", "note")
        self.exact(url)
        if self.practice:
            self.say(OWN_AUTHORITY)

    def show_code(self, url: str, code: str, what: str) -> None:
        """Say where to type a code in. Nobody else may be given it: it signs in this mailgrant."""
        self.say(f"Sign in for {what}: open {url} and type in this code:", "note")
        self.exact(f"  {code}", "title")
        self.say(
            "Type it in only because you started this yourself. Many tenants block codes: "
            "then leave --device-code out."
        )

    def _move(self, text: str) -> None:
        if not self.moving:
            return
        text = text[: max(self.talk.width - 4, 20)]
        if self._status is None:
            self._status = self.talk.status(text, spinner="line")
            self._status.start()
        else:
            self._status.update(text)

    def still(self) -> None:
        """Stop the line that moves."""
        if self._status is not None:
            self._status.stop()
            self._status = None


def _shown(suggestion: Answer | None) -> str:
    if isinstance(suggestion, bool):
        return "yes" if suggestion else "no"
    if isinstance(suggestion, tuple):
        return ", ".join(suggestion)
    return "" if suggestion is None else str(suggestion)
