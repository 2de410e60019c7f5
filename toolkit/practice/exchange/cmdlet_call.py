"""One cmdlet as it was asked, what it answers, and how Exchange says no."""

import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from toolkit.practice.store import Body
from toolkit.practice.wire import Answer, Caller
from toolkit.practice.world import World

SERVER = "DB6PR07A004DC01.EURPR07A004.PROD.OUTLOOK.COM"
TASKS = "Microsoft.Exchange.Configuration.Tasks"
ODATA_ERROR = "Microsoft.Exchange.Admin.OData.Core.ODataServiceException"
CODES = {400: "BadRequest", 403: "Forbidden", 404: "NotFound"}
NOT_FOUND = f"{TASKS}.ManagementObjectNotFoundException"
AMBIGUOUS = f"{TASKS}.ManagementObjectAmbiguousException"
BINDING = "System.Management.Automation.ParameterBindingException"
RECIPIENT_TASK = "Microsoft.Exchange.Configuration.Common.RecipientTaskException"


class CmdletError(Exception):
    """A cmdlet that failed: the .NET exception's type, its sentence, and the HTTP status.

    `begun` says that what it began goes on all the same.
    """

    def __init__(self, kind: str, message: str, *, status: int = 400, begun: bool = False) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.status = status
        self.begun = begun

    def answer(self) -> Answer:
        """Write it as InvokeCommand does: the words that matter stand in details[0].message.

        Source: github.com/Microsoft365DSC/Microsoft365DSC/issues/2998 (a recorded 404).
        """
        # The leading number names the place in Exchange's code; ours only tells kinds apart.
        place = f"Ex{zlib.crc32(self.kind.encode()) & 0xFFFFFF:06X}"
        text = f"{place}|{self.kind}|{self.message}"
        error = {
            "code": CODES[self.status],
            "message": "Error executing cmdlet",
            "details": [{"code": "Context", "target": "", "message": text}],
            "innererror": {
                "message": "Error executing cmdlet",
                "type": ODATA_ERROR,
                "stacktrace": "",
                "internalException": {"message": text, "type": self.kind, "stacktrace": ""},
            },
        }
        return Answer(status=self.status, body={"error": error})


def not_found(identity: str, *, status: int) -> CmdletError:
    """Say that the object a cmdlet is about isn't there; some cmdlets say so by 404, some by 400."""
    return CmdletError(
        NOT_FOUND,
        f"The operation couldn't be performed because object '{identity}' couldn't be found on"
        f" '{SERVER}'.",
        status=status,
    )


def no_such_reference(identity: str) -> CmdletError:
    """Say that something else which a cmdlet was told about isn't there."""
    return CmdletError(
        NOT_FOUND,
        f'Couldn\'t find object "{identity}". Please make sure that it was spelled correctly or'
        " specify a different object.",
    )


def ambiguous(identity: str) -> CmdletError:
    """Say that an identity fits more than one object."""
    return CmdletError(
        AMBIGUOUS,
        f"The operation couldn't be performed because '{identity}' matches multiple entries.",
    )


@dataclass(frozen=True, kw_only=True)
class Result:
    """The rows of a cmdlet, and its warnings."""

    rows: list[Body] = field(default_factory=list)
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Call:
    """A cmdlet with its parameters bound: known names, right types."""

    world: World
    caller: Caller
    cmdlet: str
    given: Mapping[str, Any]

    def text(self, name: str) -> str:
        """Give a text, empty where it wasn't given or is null."""
        value = self.given.get(name)
        return "" if value is None else str(value)

    def flag(self, name: str) -> bool:
        """Tell whether a switch was set."""
        return self.given.get(name) is True

    def texts(self, name: str) -> list[str]:
        """Give a list of texts, empty where it wasn't given or is null."""
        value = self.given.get(name)
        return [] if value is None else [str(one) for one in value]

    def missing(self) -> CmdletError:
        """Say that the object named by -Identity isn't there."""
        return not_found(self.text("Identity"), status=404 if self._answers_404 else 400)

    @property
    def _answers_404(self) -> bool:
        return self.cmdlet.partition("-")[2] in NOT_FOUND_NOUNS


Cmdlet = Callable[[Call], Result]

# Both statuses have been seen for the same words; here the noun decides, so that both are met.
NOT_FOUND_NOUNS = frozenset(
    {
        "CASMailbox",
        "DistributionGroup",
        "DistributionGroupMember",
        "Group",
        "Mailbox",
        "MailboxFolderPermission",
        "MailboxFolderStatistics",
        "MailUser",
        "Recipient",
        "UnifiedGroup",
        "UnifiedGroupLinks",
        "User",
    }
)
