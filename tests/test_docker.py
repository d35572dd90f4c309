"""No container engine ran here: docker/ is held to the code by name, port, flag and setting instead."""

import json
import os
import re
import shlex
import tomllib
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml
from typer.core import TyperGroup
from typer.main import get_command

import undertow
from ingest.machine import tools

TOP = Path(__file__).parent.parent
PASSWORD = "a-secret"


def compose() -> dict[str, Any]:
    """The file as `docker compose config` would resolve it, with a password given."""
    text = re.sub(
        r"\$\{UNDERTOW_DATABASE_PASSWORD:\?[^}]*\}", PASSWORD, (TOP / "docker/compose.yaml").read_text()
    )
    assert "${" not in text
    loaded: dict[str, Any] = yaml.safe_load(text)
    return loaded


SERVICES: dict[str, dict[str, Any]] = compose()["services"]
ROLES = {name: service for name, service in SERVICES.items() if service["image"] == "undertow"}
DOCKERFILE = (TOP / "docker/Dockerfile").read_text()


def command_of(service: dict[str, Any]) -> Any:
    front_door = get_command(undertow.app)
    assert isinstance(front_door, TyperGroup)
    return front_door.commands[service["command"][0]]


def settings_of(command: Any) -> set[str]:
    return {str(option.envvar) for option in command.params if option.envvar}


def parsed(service: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the role's command understands of its flags and settings, as in its container."""
    for name in [name for name in os.environ if name.startswith("UNDERTOW_")]:
        monkeypatch.delenv(name)
    for name, value in service.get("environment", {}).items():
        monkeypatch.setenv(name, str(value))
    arguments = service["command"][1:]
    context = command_of(service).make_context(service["command"][0], list(arguments))
    return dict(context.params)


def test_every_command_that_runs_until_it_is_ended_is_a_service() -> None:
    front_door = get_command(undertow.app)
    assert isinstance(front_door, TyperGroup)
    serving = {
        name
        for name, command in front_door.commands.items()
        if {"metrics", "port"} & {option.name for option in command.params}
    }
    others = {"broker", "chain", "demo"}  # here containers of their own, or all of these at once
    assert set(ROLES) == (serving - others) | {"simulate"}
    assert set(SERVICES) - set(ROLES) == {"kafka", "chain", "postgres"}


@pytest.mark.parametrize("role", sorted(ROLES))
def test_a_role_runs_a_command_with_flags_and_settings_that_exist(
    role: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = ROLES[role]
    assert service["command"][0] == role
    parsed(service, monkeypatch)  # ends the test where a flag is unknown, missing or of the wrong type
    assert set(service.get("environment", {})) <= settings_of(command_of(service))


def test_the_roles_find_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    kafka = SERVICES["kafka"]["environment"]["KAFKA_ADVERTISED_LISTENERS"].removeprefix("PLAINTEXT://")
    chain = SERVICES["chain"]["command"]
    rpc = f"http://127.0.0.1:{chain[chain.index('--port') + 1]}"
    understood = {}
    for role, service in ROLES.items():
        with monkeypatch.context() as clean:
            understood[role] = parsed(service, clean)
    assert {understood[role]["kafka"] for role in ("ingest", "detect", "sink")} == {kafka}
    assert {understood[role]["rpc"] for role in ("simulate", "ingest")} == {rpc}
    assert len({understood[role]["store"] for role in ("sink", "dashboard", "api", "notify")}) == 1
    assert understood["simulate"]["facts"] == understood["ingest"]["facts"]
    assert [str(each) for each in understood["detect"]["chain_id"]] == [chain[chain.index("--chain-id") + 1]]


def test_prometheus_asks_each_role_where_it_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = yaml.safe_load((TOP / "docker/prometheus.yaml").read_text())["scrape_configs"][0]
    (ports,) = [{each["labels"]["part"]: each["targets"] for each in asked["static_configs"]}]
    answered = {}
    for role, service in ROLES.items():
        with monkeypatch.context() as clean:
            port = parsed(service, clean).get("metrics")
        if port is not None:
            answered[role] = [f"127.0.0.1:{port}"]
    assert answered == ports
    assert len({each[0] for each in answered.values()}) == len(answered)


def test_the_store_is_the_database_that_runs() -> None:
    database = SERVICES["postgres"]
    store = urlsplit(ROLES["sink"]["environment"]["UNDERTOW_STORE"])
    settings = database["environment"]
    assert (store.username, store.password) == (settings["POSTGRES_USER"], settings["POSTGRES_PASSWORD"])
    assert store.path == f"/{settings['POSTGRES_DB']}"
    assert f"port={store.port}" in database["command"]


def test_nothing_listens_off_this_machine() -> None:
    for name, service in SERVICES.items():
        assert service["network_mode"] == "host", name
        assert "ports" not in service, name
    kafka = SERVICES["kafka"]["environment"]
    assert {urlsplit(listener).hostname for listener in kafka["KAFKA_LISTENERS"].split(",")} == {"127.0.0.1"}
    assert SERVICES["chain"]["command"][:2] == ["--host", "127.0.0.1"]
    assert "listen_addresses=127.0.0.1" in SERVICES["postgres"]["command"]
    assert "--address" not in ROLES["dashboard"]["command"]


def test_who_waits_waits_for_a_service_that_can_say_it_is_healthy() -> None:
    for service in SERVICES.values():
        for other, how in service.get("depends_on", {}).items():
            assert other in SERVICES
            if how["condition"] == "service_healthy":
                assert SERVICES[other]["healthcheck"]["test"][0] == "CMD"


def test_every_volume_is_declared() -> None:
    used = {volume.split(":")[0] for service in SERVICES.values() for volume in service.get("volumes", ())}
    files = {volume for volume in used if volume.startswith("./")}
    assert used - files == set(compose()["volumes"])
    told = (TOP / "docker/README.md").read_text()
    assert [file for file in files if file.removeprefix("./") not in told] == []


def test_the_images_are_of_the_versions_that_are_pinned_here() -> None:
    kafka = tomllib.loads(tools.KAFKA.pins[0].read_text())["endpoint"]
    assert f"kafka_2.13:{SERVICES['kafka']['image'].split(':')[1]}" in kafka
    packages = json.loads(tools.NPM.pins[0].read_text())["dependencies"]
    assert SERVICES["chain"]["image"].endswith(f":v{packages['@foundry-rs/anvil']}")


def test_no_secret_is_written_down() -> None:
    assert PASSWORD not in (TOP / "docker/compose.yaml").read_text()
    assert not (TOP / "docker/.env").exists()


def test_the_image_copies_what_there_is_and_runs_the_front_door_without_root() -> None:
    instructions = [line.split(maxsplit=1) for line in DOCKERFILE.splitlines() if re.match(r"[A-Z]+ ", line)]
    copied = [
        path
        for name, rest in instructions
        if name == "COPY" and not rest.startswith("--from")
        for path in shlex.split(rest)[:-1]
    ]
    assert [path for path in copied if not (TOP / path).exists()] == []
    packages = tomllib.loads((TOP / "pyproject.toml").read_text())
    assert {"ingest", "detectors", "dashboard", "undertow.py"} <= set(copied)
    assert packages["project"]["requires-python"] == ">=3.11,<3.12"
    assert all(rest.startswith("python:3.11-slim") for name, rest in instructions if name == "FROM")
    assert ["ENTRYPOINT", '["undertow"]'] in instructions
    assert [rest for name, rest in instructions if name == "USER"] == ["undertow"]
    ignored = (TOP / ".dockerignore").read_text().splitlines()
    assert {f"!{path}" for path in (*copied, "constraints.txt")} <= set(ignored)


def test_folders_that_volumes_are_mounted_on_belong_to_the_images_user() -> None:
    volumes = [volume for role in ROLES.values() for volume in role.get("volumes", ())]
    mounted = {volume.split(":")[1] for volume in volumes if not volume.endswith(":ro")}
    made = re.search(r"install --directory --owner undertow (.+)", DOCKERFILE)
    assert made is not None
    assert set(made[1].split()) == mounted
