"""Binding: which cmdlet is meant, and whether its parameters exist, fit together and have the right type."""

from collections.abc import Mapping
from typing import Any

from toolkit.practice.exchange.cmdlet_call import BINDING, CmdletError
from toolkit.practice.exchange.cmdlet_table import BY_LOWER_NAME, Cmdlet, Parameter

UNKNOWN_CMDLET = "System.Management.Automation.CommandNotFoundException"
BAD_ARGUMENT = "System.Management.Automation.ParameterBindingArgumentTransformationException"
HASHTABLE = "#Exchange.GenericHashTable"
WORDS = {"text": "System.String", "flag": "SwitchParameter", "bool": "System.Boolean"}


def cmdlet_named(name: str) -> Cmdlet:
    """Find a cmdlet, letter case aside."""
    cmdlet = BY_LOWER_NAME.get(name.lower())
    if cmdlet is None:
        raise CmdletError(
            UNKNOWN_CMDLET,
            f"The term '{name}' isn't recognized as the name of a cmdlet, function, script file,"
            " or operable program.",
        )
    return cmdlet


def bind(cmdlet: Cmdlet, given: Mapping[str, Any]) -> dict[str, Any]:
    """Check the parameters and give them back under their proper names.

    Source of the words: about_Parameters and System.Management.Automation's own texts.
    """
    bound: dict[str, Any] = {}
    for name, value in given.items():
        if name == "@odata.type":
            continue
        parameter = cmdlet.by_lower_name.get(name.lower())
        if parameter is None:
            raise CmdletError(
                BINDING, f"A parameter cannot be found that matches parameter name '{name}'."
            )
        if parameter.name in bound:
            raise CmdletError(
                BINDING,
                f"Cannot bind parameter because parameter '{name}' is specified more than once.",
            )
        bound[parameter.name] = _argument(cmdlet, parameter, value)
    _check_sets(cmdlet, bound)
    return bound


def _check_sets(cmdlet: Cmdlet, bound: Mapping[str, Any]) -> None:
    fitting = [one for one in cmdlet.sets if one.takes.issuperset(bound)]
    if not fitting:
        raise CmdletError(
            BINDING, "Parameter set cannot be resolved using the specified named parameters."
        )
    missing = min((one.mandatory.difference(bound) for one in fitting), key=len)
    if missing:
        raise CmdletError(
            BINDING,
            "Cannot process command because of one or more missing mandatory parameters:"
            f" {' '.join(sorted(missing))}.",
        )
    empty = (
        [name for one in fitting for name in sorted(one.mandatory) if bound[name] in (None, "", [])]
        if len(fitting) == 1
        else []
    )
    if empty:
        raise CmdletError(
            BINDING,
            f"Cannot bind argument to parameter '{empty[0]}' because it is null or an empty"
            " string.",
        )


def _argument(cmdlet: Cmdlet, parameter: Parameter, value: object) -> object:
    if value is None and parameter.kind not in {"flag", "size"}:
        return None
    if parameter.several:
        return _several(cmdlet, parameter, value)
    if parameter.kind == "size":
        return _size(parameter, value)
    wanted = bool if parameter.kind in {"flag", "bool"} else str
    if not isinstance(value, wanted):
        raise _unfit(parameter, value)
    return _chosen(parameter, value) if parameter.values else value


def _several(cmdlet: Cmdlet, parameter: Parameter, value: object) -> object:
    if isinstance(value, dict):
        return _hashtable(cmdlet, parameter, value)
    entries = value if isinstance(value, list) else [value]
    if not all(isinstance(entry, str) for entry in entries):
        raise _unfit(parameter, value)
    return [_chosen(parameter, entry) if parameter.values else entry for entry in entries]


def _hashtable(cmdlet: Cmdlet, parameter: Parameter, value: dict[str, Any]) -> object:
    changes = {name: one for name, one in value.items() if name != "@odata.type"}
    if (
        not cmdlet.name.startswith("Set-")
        or parameter.values
        or value.get("@odata.type") != HASHTABLE
        or not changes
        or not set(changes) <= {"Add", "Remove"}
    ):
        raise _unfit(parameter, value)
    return {name: _several(cmdlet, parameter, one) for name, one in changes.items()}


def _size(parameter: Parameter, value: object) -> int | None:
    """Give how many results may come; None stands for Unlimited."""
    if isinstance(value, str) and value.lower() == "unlimited":
        return None
    if isinstance(value, str) and value.isdigit():
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    raise _unfit(parameter, value)


def _chosen(parameter: Parameter, value: object) -> str:
    for allowed in parameter.values:
        if allowed.lower() == str(value).lower():
            return allowed
    raise CmdletError(
        BAD_ARGUMENT,
        f"Cannot process argument transformation on parameter '{parameter.name}'. Cannot convert"
        f' value "{value}" due to enumeration values that are not valid. Specify one of the'
        f" following enumeration values and try again. The possible enumeration values are"
        f' "{",".join(parameter.values)}".',
    )


def _unfit(parameter: Parameter, value: object) -> CmdletError:
    wanted = WORDS.get(parameter.kind, "the expected type")
    return CmdletError(
        BAD_ARGUMENT,
        f"Cannot process argument transformation on parameter '{parameter.name}'. Cannot convert"
        f' the "{value}" value of type "{type(value).__name__}" to type "{wanted}".',
    )
