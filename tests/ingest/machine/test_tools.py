"""A fresh machine gets its tools once, checked, and hears plainly what could not be reached."""

import io
import tarfile
import threading
from pathlib import Path

import pytest

from ingest.machine import installers, tools
from ingest.model.errors import SetupFailed

NOBODY = "http://127.0.0.1:9"
"""The discard port: nothing listens there."""


@pytest.fixture
def fresh_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("UNDERTOW_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def offline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No registry answers, and nothing was fetched before."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("npm_config_cache", str(tmp_path / "npm"))
    monkeypatch.setenv("npm_config_registry", f"{NOBODY}/?key=secret")
    for name in ("HTTPS_PROXY", "https_proxy"):
        monkeypatch.setenv(name, NOBODY)
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)


def one_file(_pins: tuple[Path, ...], folder: Path) -> None:
    (folder / "tool").write_text("works")


def kit(tmp_path: Path, install: object = one_file) -> tools.Kit:
    pin = tmp_path / "pins"
    pin.write_text("tool 1.0")
    return tools.Kit("kit", "a tool", (pin,), install)  # type: ignore[arg-type]


def use(monkeypatch: pytest.MonkeyPatch, only: tools.Kit) -> None:
    monkeypatch.setattr(tools, "KAFKA", only)
    monkeypatch.setattr(tools, "NPM", only)


def test_a_fresh_home_gets_all_tools_and_the_second_call_installs_nothing(fresh_home: Path) -> None:
    first: list[str] = []
    tools.ensure(first.append)
    assert [line for line in first if "installing" in line] == [
        "kafka: installing Kafka 4.1.1 with its Java …",
        "npm: installing anvil 1.7.1 and contract packages …",
        "solc: installing Solidity compilers 0.4 to 0.8 …",
    ]
    assert tools.anvil().is_relative_to(fresh_home)
    assert "kafka-clients-4.1.1.jar" in tools.kafka_classpath()
    assert (tools.npm_package("@uniswap/v2-core") / "build/UniswapV2Factory.json").is_file()
    second: list[str] = []
    tools.ensure(second.append)
    assert not [line for line in second if "installing" in line]


def test_a_tool_that_is_not_installed_names_the_command_that_installs_it(fresh_home: Path) -> None:
    with pytest.raises(SetupFailed, match=r"anvil .* is not installed: run `undertow setup`"):
        tools.anvil()


def test_an_interrupted_installation_is_done_again(
    tmp_path: Path, fresh_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def pulls_the_plug(_pins: tuple[Path, ...], folder: Path) -> None:
        (folder / "tool").write_text("half")
        raise SetupFailed("the plug was pulled")

    use(monkeypatch, kit(tmp_path, pulls_the_plug))
    with pytest.raises(SetupFailed, match="the plug was pulled"):
        tools.ensure(print)
    assert not tools.KAFKA.folder.exists()
    use(monkeypatch, kit(tmp_path))
    tools.ensure(print)
    assert (tools.KAFKA.folder / "tool").read_text() == "works"


def test_two_at_once_install_once(tmp_path: Path, fresh_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installed: list[str] = []

    def slowly(pins: tuple[Path, ...], folder: Path) -> None:
        installed.append("once")
        threading.Event().wait(0.3)
        one_file(pins, folder)

    use(monkeypatch, kit(tmp_path, slowly))
    both = [threading.Thread(target=tools.ensure, args=(print,)) for _ in range(2)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join(10)
    assert installed == ["once"]


def test_other_pins_are_another_folder(tmp_path: Path, fresh_home: Path) -> None:
    before = kit(tmp_path).folder
    (tmp_path / "pins").write_text("tool 1.1")
    assert tools.Kit("kit", "a tool", (tmp_path / "pins",), one_file).folder != before


@pytest.mark.usefixtures("offline", "fresh_home")
def test_an_unreachable_maven_repository_is_named_and_how_to_mend_it(tmp_path: Path) -> None:
    with pytest.raises(
        SetupFailed, match=r"Kafka could not be fetched: https://\S+ could not be reached"
    ) as said:
        tools.ensure(print)
    assert "HTTPS_PROXY" in str(said.value)
    assert "undertow setup" in str(said.value)
    assert len(str(said.value)) < 300


@pytest.mark.usefixtures("offline")
def test_an_unreachable_npm_registry_is_named_without_its_key(tmp_path: Path) -> None:
    with pytest.raises(
        SetupFailed, match=r"npm could not install package\.json: http\S+ could not be"
    ) as said:
        installers.npm(tools.NPM.pins[:2], tmp_path)
    assert "secret" not in str(said.value)


def test_a_jar_that_is_not_the_pinned_one_is_refused(tmp_path: Path) -> None:
    pins = tmp_path / "pins.toml"
    text = tools.KAFKA.pins[0].read_text()
    line = next(line for line in text.splitlines() if line.startswith('"re2j'))
    pins.write_text(text.replace(line, f'"re2j-1.8.jar" = "{"0" * 64}"'))
    with pytest.raises(SetupFailed, match=r"re2j-1\.8\.jar is not the pinned file"):
        installers.kafka((pins,), tmp_path)


def test_a_home_that_cannot_be_written_names_the_setting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("UNDERTOW_HOME", str(tmp_path / "file"))
    with pytest.raises(SetupFailed, match="set UNDERTOW_HOME"):
        tools.ensure(print)


def test_a_browser_named_by_a_setting_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "my-chromium"
    program.write_text("")
    monkeypatch.setenv("UNDERTOW_CHROMIUM", str(program))
    assert tools.chromium() == tools.Browser(program)
    monkeypatch.setenv("UNDERTOW_CHROMIUM", str(tmp_path / "gone"))
    with pytest.raises(SetupFailed, match=r"UNDERTOW_CHROMIUM names .*gone, which is not a file"):
        tools.chromium()


def test_an_npm_package_nobody_pinned_is_named() -> None:
    tools.ensure(print)
    with pytest.raises(SetupFailed, match="npm package left-pad is not among"):
        tools.npm_package("left-pad")


@pytest.mark.parametrize(
    "pin", sorted(path for path in tools.DATA.rglob("*") if path.is_file()), ids=lambda pin: pin.name
)
def test_no_pin_holds_an_address_of_a_registry(pin: Path) -> None:
    text = pin.read_text()
    assert "://" not in text
    assert '"resolved"' not in text


def test_a_browser_package_that_writes_outside_of_its_folder_is_refused(tmp_path: Path) -> None:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as tar:
        tar.addfile(tarfile.TarInfo("../mallory"))
    content.seek(0)
    (tmp_path / "browser").mkdir()
    with (
        tarfile.open(fileobj=content) as tar,
        pytest.raises(SetupFailed, match="mallory outside of its folder"),
    ):
        installers._unpack(tar, tmp_path / "browser")
    assert not (tmp_path / "mallory").exists()
