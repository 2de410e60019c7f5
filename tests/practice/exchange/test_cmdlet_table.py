"""Our table of cmdlets beside Microsoft's own description of them."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from toolkit.practice.exchange.cmdlet_table import CMDLETS, Parameter

METTE = "mette.jansen@northbridge.example"


TYPES = {
    "flag": {"SwitchParameter"},
    "bool": {"Boolean"},
    "size": {"Unlimited"},
    "list": {"MultiValuedProperty", "ProxyAddressCollection"},
}
# These have no page of their own in the cmdlet reference that the contracts were made from.
UNDESCRIBED = {"Get-AdministrativeUnit", "Get-UnifiedGroupLinks"}


@pytest.fixture(name="documented", scope="module")
def _documented(contracts: Path) -> dict[str, Any]:
    text = (contracts / "cmdlets.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)["cmdlets"]
    return found


@pytest.mark.parametrize("name", sorted(set(CMDLETS) - UNDESCRIBED))
def test_names_types_and_sets_of_parameters_are_those_microsoft_documents(documented, name):
    known, ours = documented[name], CMDLETS[name]
    everywhere = known["products"]
    online = {
        parameter: one
        for parameter, one in known["parameters"].items()
        if "exo" in one.get("products", everywhere)
    }

    assert "exo" in everywhere
    assert set(ours.parameters) <= set(online)
    assert [
        (one.name, one.kind, online[one.name]["type"])
        for one in ours.parameters.values()
        if not fits(one, online[one.name]["type"])
    ] == []
    for one in ours.parameters.values():
        values = {value.lower() for value in online[one.name].get("documented_values", ())}
        if values and one.values and one.kind == "choice":
            assert {value.lower() for value in one.values} & values
    sets = known["parameter_sets"]
    for our_set in ours.sets:
        candidates = [sets[our_set.name]] if our_set.name in sets else list(sets.values())
        assert any(
            our_set.mandatory == set(known_set["mandatory"]) & set(online)
            and our_set.takes <= {*known_set["mandatory"], *known_set["optional"]}
            for known_set in candidates
        ), our_set.name


def fits(ours: Parameter, documented: str) -> bool:
    kind = documented.rpartition(".")[2]
    if ours.kind in TYPES:
        return kind in TYPES[ours.kind] or (ours.kind == "list" and kind.endswith("[]"))
    if ours.kind == "choice":
        return ours.several == kind.endswith("[]") or kind == "MailboxFolderPermissionFlags"
    return kind in {"String", "SmtpAddress"} or kind.endswith("IdParameter")


def test_recorded_traffic_passes_the_contract_checker(exchange, contracts, tmp_path):
    pytest.importorskip("lxml", reason="the checker reads SOAP with lxml")
    pointer = exchange.make_principal()
    group = exchange.make_group()
    exchange.rows(
        "New-ManagementRoleAssignment",
        App=pointer["ObjectId"],
        Role="Application Calendars.ReadWrite",
        RecipientGroupScope=group["Guid"],
        Name="mailgrant-scope",
    )
    exchange.rows("Test-ServicePrincipalAuthorization", Identity=pointer["AppId"], Resource=METTE)
    exchange.refusal("Get-Mailbox", 404, Identity="nobody")
    exchange.rows("Remove-ManagementRoleAssignment", Identity="mailgrant-scope", Confirm=False)
    exchange.rows("Remove-ServicePrincipal", Identity=pointer["ObjectId"], Confirm=False)
    file = tmp_path / "recording.jsonl"
    file.write_text(
        "".join(json.dumps(line) + "\n" for line in exchange.recording), encoding="utf-8"
    )

    check = subprocess.run(
        [sys.executable, str(contracts / "check_traffic.py"), str(file), "--strict"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert check.returncode == 0, check.stdout
