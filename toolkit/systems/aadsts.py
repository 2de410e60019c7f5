"""What to do when Entra refuses a sign-in, by the number of its AADSTS code.

Microsoft changes codes (learn.microsoft.com/entra/identity-platform/reference-error-codes), so
they choose the advice and never the way the program goes on, but for two facts: a key or an app
that the token service doesn't know yet, and a service that is only busy.
"""

NOT_KNOWN_YET = frozenset({700027, 7000215, 700016})
BUSY = frozenset({90006, 90024, 90033, 90055, 50033})
CLOCK = frozenset({700024, 500133})
UNKNOWN = "Look it up in Entra's sign-in log."

_CLOCK_IS_WRONG = "This computer's clock is wrong for the service. Correct the clock."
_NOBODY_CONSENTED = (
    "Nobody has consented to the application yet. Have a Privileged Role Administrator do that."
)
_BLOCKED = "A policy of the tenant blocks this sign-in. Ask who manages Conditional Access which one: the sign-in log tells."

ADVICE = {
    28002: "The scope asked for isn't valid here. This is a defect of mailgrant; please report it.",
    50012: "The certificate's signature wasn't accepted. Compare the thumbprint here with the one on the app.",
    50059: "The tenant isn't said. Check tenant id and cloud.",
    50105: "The application isn't assigned to the service, which demands assignment. Assign it, or drop the demand.",
    50196: "Entra sees the same request too often. Wait five minutes, then run the same line again.",
    53000: "The device isn't compliant. Run this on a managed computer.",
    53003: _BLOCKED,
    65001: _NOBODY_CONSENTED,
    70011: "The scope asked for isn't valid here. This is a defect of mailgrant; please report it.",
    90002: "There is no such tenant. Check tenant id and cloud.",
    90038: "The tenant lies in another national cloud. Check the cloud.",
    90094: "An administrator has to consent to the application first.",
    90095: "An administrator has to consent: Entra's request for it is open.",
    500011: "The service asked for has no enterprise application in this tenant. Make it, or buy the service.",
    500014: "The service asked for is disabled in this tenant. Enable its enterprise application.",
    500133: _CLOCK_IS_WRONG,
    530032: _BLOCKED,
    530035: "Security defaults block this sign-in. Ask who manages the tenant's security.",
    650052: "The tenant has no subscription for the service. Buy or enable Exchange Online.",
    650057: "The application doesn't name the service among its API permissions. Add it there.",
    700011: "There is no such application in this tenant: check tenant id and cloud. One just made takes minutes.",
    700016: "There is no such application in this tenant: check tenant id and cloud. One just made takes minutes; a deleted one is gone.",
    700024: _CLOCK_IS_WRONG,
    700027: "The tenant doesn't know this certificate on the app. One just uploaded takes minutes; otherwise compare thumbprints.",
    700030: "The certificate's subject isn't one that the application accepts. Compare subject and thumbprint.",
    7000112: "The application is disabled. Enable the enterprise application in Entra.",
    7000215: "The client secret is wrong: paste the secret's VALUE, not its id. One just made takes minutes.",
    7000218: "The request lacks a secret or certificate: the application isn't a public one. Give a secret or a certificate.",
    7000222: "The client secret has expired. Make a new one.",
}
