"""Entra's built-in roles by their template ids, as far as the practice tenant knows them.

Source: learn.microsoft.com/entra/identity/role-based-access-control/permissions-reference
"""

_ROWS = """
62e90394-69f5-4237-9190-012177145e10 Global Administrator: Manages everything in the tenant
9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3 Application Administrator: Manages all app registrations and enterprise apps
158c047a-c907-4556-b7ef-446551a6b5f7 Cloud Application Administrator: Manages apps except the application proxy
cf1c38e5-3621-4004-a7cb-879624dced7c Application Developer: Registers applications
e8611ab8-c189-46e8-94e1-60213ab1f814 Privileged Role Administrator: Manages role assignments
29232cdf-9323-42fd-ade2-1d097af3e4de Exchange Administrator: Manages Exchange Online
31392ffb-586c-42d1-9346-e59415a2cc4e Exchange Recipient Administrator: Manages recipients in Exchange Online
f2ef992c-3afb-46b9-b7cf-a126ee74c451 Global Reader: Reads everything a Global Administrator can
fe930be7-5e62-47db-91af-98c3a49a38b1 User Administrator: Manages users and groups
4d6ac14f-3453-41d0-bef9-a3e0c569773a License Administrator: Manages licences
fdd7a751-b60b-444a-984c-02652fe8fa1c Groups Administrator: Manages groups
88d8e3e3-8f55-4a1e-953a-9b9898b8876b Directory Readers: Reads basic directory information
9360feb5-f418-4baa-8175-e2a00bac4301 Directory Writers: Reads and writes basic directory information
5d6b6bb7-de71-4623-b4af-96380a352509 Security Reader: Reads security information
194ae4cb-b126-40b2-bd5b-6091b380977d Security Administrator: Manages security settings
729827e3-9c14-49f7-bb1b-9608f156bbb8 Helpdesk Administrator: Resets passwords of people without roles
17315797-102d-40b4-93e0-432062caca18 Compliance Administrator: Manages compliance settings
7be44c8a-adaf-4e2a-84d6-ab2649e08a13 Privileged Authentication Administrator: Manages sign-in methods of anybody
c4e39bd9-1100-46d3-8c65-fb160da0071f Authentication Administrator: Manages sign-in methods of people without roles
b1be1c3e-b65d-4f19-8427-f6fa0d97feb9 Conditional Access Administrator: Manages Conditional Access
"""

ROLE_NAMES: dict[str, tuple[str, str]] = {}
for _line in _ROWS.strip().splitlines():
    _template, _, _rest = _line.partition(" ")
    _name, _, _description = _rest.partition(": ")
    ROLE_NAMES[_template] = (_name, _description)
