"""What a playbook may do: one file for each thing an administrator recognises."""

from toolkit.steps.app import App
from toolkit.steps.app_switch import AppSwitch
from toolkit.steps.assignment import Assignment
from toolkit.steps.base import catalogue_of
from toolkit.steps.certificate import Certificate
from toolkit.steps.client_secret import ClientSecret
from toolkit.steps.consent import Consent
from toolkit.steps.delegated_consent import DelegatedConsent
from toolkit.steps.mailbox_scope import MailboxScope
from toolkit.steps.members import Members
from toolkit.steps.organization import Organization
from toolkit.steps.personal_consent import PersonalConsent
from toolkit.steps.redirect import Redirect
from toolkit.steps.retire_certificates import RetireCertificates
from toolkit.steps.retire_grants import RetireGrants
from toolkit.steps.security_group import SecurityGroup
from toolkit.steps.sign_out import SignOut
from toolkit.steps.user_assignment import UserAssignment

CATALOGUE = catalogue_of(
    App,
    Certificate,
    ClientSecret,
    Redirect,
    SecurityGroup,
    Consent,
    DelegatedConsent,
    UserAssignment,
    PersonalConsent,
    Assignment,
    SignOut,
    MailboxScope,
    Members,
    AppSwitch,
    Organization,
    RetireCertificates,
    RetireGrants,
)
