"""What `docker/Dockerfile` says is done step by step, as far as that goes without a container engine."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
import yaml

from tests.fixtures.image import Stage, build, script
from tests.fixtures.wheel import TOP, instructions


def may_mount() -> bool:
    try:
        return (
            subprocess.run(["unshare", "--mount", "true"], capture_output=True, check=False).returncode == 0
        )
    except OSError:
        return False


def roles() -> list[list[str]]:
    services = yaml.safe_load((TOP / "docker/compose.yaml").read_text())["services"].values()
    return [service["command"] for service in services if service["image"] == "undertow"]


def test_every_step_of_the_image_is_one_that_is_done_here(tmp_path: Path) -> None:
    done = script(tmp_path, [])
    for name, rest in instructions():
        if name == "RUN":
            assert " ".join(rest.split())[:30] in " ".join(done.split())
    checked = subprocess.run(["sh", "-n", "-c", done], capture_output=True, text=True, check=False)
    assert checked.stderr == ""


def test_an_instruction_that_is_not_known_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no such instruction is known here: ONBUILD"):
        Stage(tmp_path, "image").does("ONBUILD", "RUN true")
    with pytest.raises(ValueError, match="no stand-in for the image alpine"):
        Stage(tmp_path, "image").begins("alpine")


@pytest.mark.soak
@pytest.mark.timeout(5_400)
@pytest.mark.skipif(not may_mount(), reason="this account may mount nothing, so no stage can be set apart")
def test_the_image_builds_and_every_role_is_in_it_without_root(tmp_path: Path) -> None:
    checks = ['test "$(id -un)" = undertow', "touch state/kept facts/kept"]
    checks += [f"undertow {role[0]} --help > /dev/null" for role in roles()]
    checks += ["undertow settings | grep --quiet wallet-drain", "! test -e /wheels"]
    done = build(tmp_path, checks)
    assert done.returncode == 0, done.stderr[-2_000:]
    assert "Watch an EVM chain" in done.stdout
