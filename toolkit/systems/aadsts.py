"""What to do when Entra refuses a sign-in, by the number of its AADSTS code.

Microsoft changes codes (learn.microsoft.com/entra/identity-platform/reference-error-codes; that a
device code is over comes as 70020, which isn't there: github.com/Azure/azure-cli/issues/22251), so
they choose the advice and never the way the program goes on, but for two facts: a key or an app
that the token service doesn't know yet, and a service that is only busy.
"""

NOT_KNOWN_YET = frozenset({700027, 7000215, 700016})
BUSY = frozenset({90006, 90024, 90033, 90055, 50033})
CONSENT = frozenset({90094, 90095, 65001})
CLOCK = frozenset({700024, 500133})
UNKNOWN = "Look it up in Entra's sign-in log."

_CLOCK_IS_WRONG = "This computer's clock is wrong for the service. Correct the clock."
_NOBODY_CONSENTED = (
    "Nobody has consented to the application yet. Have a Privileged Role Administrator do that."
)
_CODE_EXPIRED = "The code has expired. Run the same line again for a new one."
_RESTRICTED = "A proxy on the way here lets nobody into this tenant (tenant restrictions). Ask who runs the network."
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
    90094: "An administrator has to consent to the application first: one who signs in by the same line may do so for the whole organization.",
    90095: "An administrator has to consent: Entra's request for it is open.",
    500021: _RESTRICTED,
    500022: _RESTRICTED,
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
    7000218: "The request lacks a secret or certificate: the application isn't a public one. Give a secret or a certificate; an app of your own takes codes once it was registered with --device-code.",
    7000222: "The client secret has expired. Make a new one.",
    7000229: "The application has no enterprise application in this tenant. Make it: New-MgServicePrincipal -AppId with its client id.",
}

ADVICE_FOR_PEOPLE = {
    16000: "This account isn't known here. Sign in with an account of this tenant.",
    50011: "The address to come back to isn't registered on the application. It takes exactly http://localhost as a public client's.",
    50020: "This account belongs to another tenant and is no guest here. Sign in with an account of this tenant.",
    50034: "There is no such user in this tenant. Check the spelling, and the tenant.",
    50005: "A Conditional Access rule doesn't take this kind of computer. Sign in on one that your organization knows.",
    50014: "The invitation as a guest was never accepted. Sign in with an account of this tenant.",
    50053: "The account is locked after too many tries, or its address is blocked. Wait, or ask who manages accounts.",
    50055: "The password has expired. Change it at https://myaccount.microsoft.com, then sign in again.",
    50057: "The account is disabled. Ask who manages accounts.",
    50058: "The browser's earlier sign-in can't be used. Sign in again in a private window.",
    50072: "The account has to enrol for multi-factor authentication first. Do that at https://aka.ms/mfasetup.",
    50074: "Multi-factor authentication wasn't passed. Sign in again and answer the prompt.",
    50076: "Multi-factor authentication is demanded. Sign in in a browser; an unattended job takes a certificate.",
    50079: "The account has to register for multi-factor authentication first. Do that at https://aka.ms/mfasetup.",
    50097: "The device has to sign in too. Run this on a computer that your organization knows.",
    50126: "User name or password is wrong. mailgrant doesn't try again by itself: too many tries lock the account.",
    50131: "A Conditional Access rule blocks this device or place. Ask who manages Conditional Access which one.",
    50133: "The password was changed or reset since the last sign-in. Sign in again.",
    50144: "The password has expired in Active Directory. Change it there, then sign in again.",
    50158: "Another check outside of Entra is demanded. Sign in in a browser and pass it.",
    50173: "The sign-in was revoked since. Sign in again.",
    50199: "The sign-in waits to be confirmed in the browser. Say yes there.",
    51004: "The account isn't in this tenant's directory. Sign in with an account of this tenant.",
    53001: "The device isn't joined to the organization. Run this on one that is.",
    53002: "A Conditional Access rule takes approved apps only. Ask who manages Conditional Access to except this client.",
    53004: "Multi-factor authentication can't be set up from here, by policy. Ask who manages accounts.",
    65004: "Consent was declined, so nothing was granted. Run the same line again and accept, or ask who may.",
    70016: "Nobody finished signing in before the code ran out. Run the same line again.",
    70018: "The code typed in isn't the one shown here. Run the same line again and type it as it is shown.",
    70019: _CODE_EXPIRED,
    70020: _CODE_EXPIRED,
    70043: "The sign-in is too old for the tenant's sign-in frequency. Sign in again.",
    70044: "The session is over by the tenant's sign-in frequency. Sign in again.",
    70008: "The sign-in is too old. Sign in again.",
    90072: "This account is of another tenant and unknown here. Choose an account of this tenant.",
    90099: "Nobody has allowed the application in this tenant yet. An administrator has to consent to it.",
    500212: "Your own organization forbids its accounts to enter this tenant. Sign in with an account of this tenant.",
    500213: "This tenant forbids accounts of your organization. Sign in with an account of this tenant.",
    500121: "The multi-factor prompt wasn't answered in time, or was refused. Sign in again.",
    530034: "The partner's administrator is blocked as a risk by their own tenant. Ask there.",
    700082: "The sign-in was idle for 90 days. Sign in again.",
    900971: "The application has no address to come back to. Register http://localhost as a public client's.",
}
"""What only people meet: passwords, second factors, devices, browsers."""


ADVICE_FOR_VISITORS = {
    50011: "Entra doesn't know the address to come back to yet. Run the same line again in some minutes.",
    50105: "The person isn't assigned to the application, which lets in only who is: mailgrant accounts authorize.",
    65001: "Nobody has consented in this person's name: mailgrant accounts authorize.",
    65004: "The person declined what the application asks for. Run the same line again and accept, or consent for them: mailgrant accounts authorize.",
    90094: "People can't consent by themselves here. Consent for this person: mailgrant accounts authorize.",
    90095: "People can't consent by themselves here. Consent for this person: mailgrant accounts authorize.",
}
"""What people meet who sign in through an application that an administrator set up."""


def advice(codes: frozenset[int], *, visiting: bool = False) -> str:
    """Say what a refusal means and what to do, by the first code that is known.

    `visiting` is for people who sign in through an application that was set up for a vendor.
    """
    known = {**ADVICE, **ADVICE_FOR_PEOPLE, **(ADVICE_FOR_VISITORS if visiting else {})}
    return next((known[code] for code in sorted(codes) if code in known), UNKNOWN)
