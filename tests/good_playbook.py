"""A small playbook without a mistake, to break or to change."""

from toolkit import playbook
from toolkit.playbook import Playbook

GOOD = """\
title: A good playbook
questions:
  - {name: every, ask: "Every mailbox?", kind: yes_no, default: false}
  - {name: colours, ask: "Colours?", kind: yes_no, when: every, default: false}
  - {name: inside, ask: "Who is in?", kind: mail_address}
  - {name: outside, ask: "Who is out?", kind: mail_address, unless: every}
  - {name: roles, ask: "Which roles?", kind: list, default: [Application Mail.Read]}
  - {name: days, ask: "How long?", kind: number, default: 365}
  - {name: size, ask: "How large?", kind: choice, choices: [small, large], default: small}
steps:
  - do: app
    because: It needs a name.
    name: App-${instance}
  - do: certificate
    as: key
    app: ${app.client_id}
    days: ${days}
  - do: security_group
    as: group
    unless: every
    address: group@northbridge.example
    members: ["${inside}"]
  - do: mailbox_scope
    unless: every
    app: ${app.client_id}
    roles: ${roles}
    group: ${group.id}
  - do: consent
    when: [every, colours]
    app: ${app.client_id}
    application: [Mail.Read]
proof: {app: "${app.client_id}", certificate: "${key.thumbprint}", inside: "${inside}", outside: "${outside}"}
handover:
  - {label: Tenant, value: "${tenant.id} of ${tenant.name}"}
"""


def read(text: str) -> Playbook:
    return playbook.parse(text, "good", "good.yaml")
