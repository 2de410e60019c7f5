"""`practice start` in a process of its own, and others beside it."""

import contextlib
import json
import ssl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.conftest import CommandLine


@contextlib.contextmanager
def started(home: Path, *options: str) -> Iterator[dict[str, Any]]:
    line = ["--home", str(home), "practice", "start", "--json", *options]
    with subprocess.Popen(
        [sys.executable, "-m", "toolkit", *line],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout is not None
        said = ""
        for part in process.stdout:
            said += part
            if part == "}\n":
                break
        try:
            yield json.loads(said)
        finally:
            process.terminate()


@pytest.mark.parametrize("options", [(), ("--port", "0"), ("--speed", "1")])
def test_others_use_the_world_that_is_served(mailgrant: CommandLine, options):
    with started(mailgrant.home, *options) as world:
        trust = ssl.create_default_context(cafile=world["ca_file"])
        with httpx.Client(base_url=world["url"], verify=trust) as client:
            found = client.get(f"/{world['tenant_id']}/v2.0/.well-known/openid-configuration")
        assert found.status_code == 200

        applied = mailgrant("apply", "mytimetable-graph", "--yes", "--json")
        assert (applied.code, applied.json["proof"]["verdict"]) == (0, "proved"), applied.err
        assert mailgrant.status()["url"] == world["url"]
        assert mailgrant.status()["requests"]["write"] > 0


def test_a_chosen_port_is_the_port(mailgrant: CommandLine, free_port: int):
    with started(mailgrant.home, "--port", str(free_port)) as world:
        assert world["url"] == f"https://localhost:{free_port}"


def test_a_second_server_is_refused_and_told_where_the_first_is(mailgrant: CommandLine):
    with started(mailgrant.home) as world:
        second = mailgrant("practice", "start")

    assert second.code == 1
    assert world["url"] in second.err


@pytest.fixture
def free_port() -> int:
    import socket

    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])
