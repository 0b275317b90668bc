"""The Docker files: what they copy exists, the user is not root, and the command has the options that they give it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import typer
import yaml

from ganbench.cli.main import app
from ganbench.serve.access import VARIABLE
from ganbench.serve.limits import Limits

ROOT = Path(__file__).parents[2]
DOCKERFILE = (ROOT / "docker" / "Dockerfile").read_text(encoding="utf-8")
SERVICE: dict[str, Any] = yaml.safe_load((ROOT / "docker" / "compose.yaml").read_text(encoding="utf-8"))[
    "services"
]["serve"]


def last(instruction: str) -> str:
    """Return the arguments of the last of these instructions."""
    found: list[str] = re.findall(rf"^{instruction} (.*)$", DOCKERFILE, re.MULTILINE)
    return found[-1]


def test_what_is_copied_exists_and_is_sent_to_the_builder() -> None:
    sent = (ROOT / "docker" / "Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()
    sources = {
        source for line in re.findall(r"^COPY (.*) \S+$", DOCKERFILE, re.MULTILINE) for source in line.split()
    }
    assert sources == {line[1:] for line in sent if line.startswith("!")}
    assert all((ROOT / source).exists() for source in sources)


def test_the_user_is_not_root() -> None:
    assert int(last("USER")) > 0
    assert DOCKERFILE.index("\nUSER") < DOCKERFILE.index("\nENTRYPOINT")


def test_the_entry_point_is_a_command_with_these_options() -> None:
    program, name, *arguments = json.loads(last("ENTRYPOINT"))
    group: Any = typer.main.get_command(app)
    options = {option for parameter in group.commands[name].params for option in parameter.opts}
    assert program == "ganbench"
    assert set(arguments[::2]) <= options
    assert arguments[arguments.index("--port") + 1] == last("EXPOSE")
    assert f":{last('EXPOSE')}/health" in DOCKERFILE


def test_the_service_is_local_read_only_and_has_time_to_stop() -> None:
    assert all(port.startswith("127.0.0.1:") for port in SERVICE["ports"])
    assert SERVICE["read_only"] is True
    assert all(volume.endswith(":ro") for volume in SERVICE["volumes"])
    assert list(SERVICE["environment"]) == [VARIABLE]
    assert int(SERVICE["stop_grace_period"].removesuffix("s")) > Limits().stop_seconds
    assert (ROOT / "docker" / SERVICE["build"]["context"]).resolve() == ROOT
    assert SERVICE["build"]["dockerfile"] == "docker/Dockerfile"
