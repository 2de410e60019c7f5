"""The errors mailgrant raises on purpose: a sentence, and a next move.

MailgrantError                 exit  1
  UsageError                   exit  2  wrong command, playbook or answers
    PlaybookError
    AnswerError
  RefusedError                 exit  1  a service or the tenant's state says no
    LackingRightError          exit 75  somebody else may do it
    UnionTrapError
    PlanChangedError
    DriftError
    NotFoundError
  UnreachableError             exit  1  no answer, or none that can be read
  OutcomeUnknownError          exit  1  a write was sent and its answer never came
  NotYetError                  exit 75  throttled, propagating, waiting for a person
  LockedError                  exit  1  another run holds it
  HomeError                    exit  1  the home can't be written or read
"""

from datetime import datetime


class MailgrantError(Exception):
    """What happened in one sentence, and what to do next in another (`fix`)."""

    exit_code = 1

    def __init__(self, message: str, *, fix: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.fix = fix


class UsageError(MailgrantError):
    """The command, the playbook or the answers are wrong; nothing was sent."""

    exit_code = 2


class PlaybookError(UsageError):
    """A playbook can't be read or says something that isn't known."""


class AnswerError(UsageError):
    """An answer is missing or of the wrong kind."""


class RefusedError(MailgrantError):
    """A service, or what is already in the tenant, says no."""


class LackingRightError(RefusedError):
    """Who is signed in lacks a right that somebody else may have."""

    exit_code = 75


class UnionTrapError(RefusedError):
    """A tenant-wide grant stands beside the scope and makes it void."""


class PlanChangedError(RefusedError):
    """What the plan touches is no longer as it was when the plan was shown."""


class DriftError(RefusedError):
    """Somebody else changed what this run made."""


class NotFoundError(RefusedError):
    """Something that was named isn't there."""


class UnreachableError(MailgrantError):
    """A service doesn't answer, or answers something that can't be read."""


class OutcomeUnknownError(MailgrantError):
    """A write was sent and its answer never came: done or not done, nobody knows yet."""


class NotYetError(MailgrantError):
    """It will go on later: throttled, propagating, waiting for a person or a right."""

    exit_code = 75

    def __init__(self, message: str, *, fix: str = "", until: datetime | None = None) -> None:
        super().__init__(message, fix=fix)
        self.until = until


class LockedError(MailgrantError):
    """Another process holds the run or the practice world."""


class HomeError(MailgrantError):
    """The home folder can't be written or read."""
