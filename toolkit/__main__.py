"""`mailgrant` and `python -m toolkit`: runs a command, and turns every error into words and an exit code."""

import contextlib
import json
import os
import sys
import tempfile
import time
import traceback
from pathlib import Path

import click

from toolkit.cli import Settings, mailgrant
from toolkit.errors import MailgrantError

COMPLETE = "_MAILGRANT_COMPLETE"
"""Set by the lines of `mailgrant completion` when somebody presses Tab."""
UNEXPECTED = 70
INTERRUPTED = 130


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError, ValueError):
            stream.reconfigure(errors="replace")  # type: ignore[union-attr]  # a text file, unless replaced
    if COMPLETE in os.environ:
        from click.shell_completion import shell_complete

        sys.exit(shell_complete(mailgrant, {}, "mailgrant", COMPLETE, os.environ[COMPLETE]))
    code = run(sys.argv[1:] if arguments is None else arguments)
    with contextlib.suppress(OSError, ValueError):
        sys.stdout.flush()
    if code == INTERRUPTED:
        os._exit(code)  # a library may still hang in a thread; everything of ours is on the disk
    sys.exit(code)


def run(arguments: list[str]) -> int:
    """Run the command line and give back its exit code."""
    settings = Settings()
    try:
        with mailgrant.make_context("mailgrant", arguments, obj=settings) as context:
            result = mailgrant.invoke(context)
    except click.exceptions.Exit as done:
        return done.exit_code
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        _say("\nInterrupted." + _resume(settings))
        return INTERRUPTED
    except MailgrantError as error:
        return _refused(error, settings)
    except BrokenPipeError:
        return 0
    except Exception as error:  # noqa: BLE001  the one place where anything at all becomes words
        return _unexpected(error)
    return result if isinstance(result, int) else 0


def _refused(error: MailgrantError, settings: Settings) -> int:
    from toolkit.redaction import redact

    _say(redact(f"mailgrant: {error.message}"))
    if error.fix:
        _say(redact(f"  What to do: {error.fix}"))
    resume = _resume(settings)
    if resume:
        _say(resume.strip())
    if settings.as_json:
        body = {
            "outcome": "stopped",
            "error": {"message": error.message, "fix": error.fix, "kind": type(error).__name__},
        }
        body |= {
            name: settings.state[name]
            for name in ("practice", "run", "steps", "proof")
            if name in settings.state
        }
        consented = settings.state.get("consented", list)()
        body |= {"consented": consented} if consented else {}
        sys.stdout.write(redact(json.dumps(body, ensure_ascii=True)) + "\n")
    return error.exit_code


def _resume(settings: Settings) -> str:
    line = settings.state.get("resume", "")
    return f"\nNothing is lost. Go on with:  {line}" if line else ""


def _unexpected(error: Exception) -> int:
    from toolkit.redaction import redact

    folder = Path(tempfile.gettempdir())
    path = folder / f"mailgrant-error-{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}.log"
    text = redact("".join(traceback.format_exception(error)))
    try:
        path.write_text(text, encoding="utf-8")
        where = f"Details are in {path}."
    except OSError:
        where = text
    _say(
        redact(
            f"mailgrant: something unexpected happened: {type(error).__name__}: {str(error)[:300]}"
        )
    )
    _say(f"  What to do: this is a defect; please report it. {where}")
    return UNEXPECTED


def _say(text: str) -> None:
    with contextlib.suppress(OSError, ValueError):
        sys.stderr.write(text + "\n")
        sys.stderr.flush()


if __name__ == "__main__":
    main()
