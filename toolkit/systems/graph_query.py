"""How mailgrant writes OData: values as text that stays a value, and query options for the SDK."""

from typing import Any


def text(value: str) -> str:
    """Write a value as an OData string."""
    return "'" + value.replace("'", "''") + "'"


def query(builder: Any, **options: Any) -> Any:
    """Make the SDK's request configuration of a builder with these query options."""
    from kiota_abstractions.base_request_configuration import RequestConfiguration

    kind = next(
        getattr(type(builder), name)
        for name in dir(type(builder))
        if name.endswith("GetQueryParameters")
    )
    return RequestConfiguration(query_parameters=kind(**options))
