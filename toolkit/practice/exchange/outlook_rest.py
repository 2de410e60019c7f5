"""The Outlook REST API (outlook.office.com/api), which is gone: whoever asks is told so.

It ended on 31 March 2024: devblogs.microsoft.com/microsoft365dev/final-reminder-outlook-rest-api-v2-0-
and-beta-endpoints-decommissioning. That it answers 410 is told by others only (unipile.com); what
stands in the body isn't known, so nothing does.
"""

from toolkit.practice.wire import Answer, Ask
from toolkit.practice.world import World

PATHS = r"/api/(v1\.0|v2\.0|beta)/(me|users)(/|\(|$)"


def answer(_world: World, _ask: Ask) -> Answer:
    """Answer every request, whoever asks: it was the service that ended, not a right."""
    return Answer(status=410)
