"""What a vendor's page sent: the fields of a form, files among them."""

from email.parser import BytesParser
from urllib.parse import parse_qsl

from toolkit.practice.wire import Ask

Form = dict[str, bytes]


def read(ask: Ask) -> Form:
    """Read a form in either of the two encodings that browsers use."""
    kind = ask.headers.get("content-type", "")
    if not kind.startswith("multipart/form-data"):
        pairs = parse_qsl(ask.body.decode("utf-8", "replace"), keep_blank_values=True)
        return {name: text.encode() for name, text in pairs}
    message = BytesParser().parsebytes(f"content-type: {kind}\r\n\r\n".encode() + ask.body)
    form = {}
    for part in message.walk():
        data = part.get_payload(decode=True)
        if isinstance(data, bytes):
            form[str(part.get_param("name", header="content-disposition"))] = data
    return form
