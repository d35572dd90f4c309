"""Ray as it is started here, and what a user meets where it cannot be used."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from ingest.machine.processes import Child, free_port, wait_until
from ingest.machine.ray import address
from ingest.machine.ray.address import checked, refuse_open
from ingest.machine.ray.cluster import connected
from ingest.model.errors import BadInput, ClusterUnreachable
from tests.fixtures.ray import WITH_RAY, family

SECURED = {
    "RAY_AUTH_MODE": "token", "RAY_USE_TLS": "1", "RAY_TLS_SERVER_CERT": "a", "RAY_TLS_SERVER_KEY": "b",
    "RAY_TLS_CA_CERT": "c",
}  # fmt: skip


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(address, "find_spec", lambda _name: object())


def test_without_ray_a_user_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(address, "find_spec", lambda _name: None)
    with pytest.raises(BadInput, match=r"--ray needs Ray: pip install 'undertow\[ray\]'"):
        checked("local")


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize("wrong", ["", "head", "head:", ":6379", "head:0", "head:99999", "ray://head:1x"])
def test_what_is_no_address_is_refused(wrong: str) -> None:
    with pytest.raises(BadInput, match="is no address: give `local`, or HOST:PORT"):
        checked(wrong)


@pytest.mark.usefixtures("installed")
def test_where_nobody_listens_a_user_is_told_so() -> None:
    with pytest.raises(ClusterUnreachable, match=r"no Ray head answers at 127\.0\.0\.1:"):
        checked(f"127.0.0.1:{free_port()}")


@pytest.mark.usefixtures("installed")
def test_ray_beyond_this_machine_needs_a_token_and_tls() -> None:
    for missing in (*SECURED, None):
        environment = {name: value for name, value in SECURED.items() if name != missing}
        if missing is None:
            refuse_open(["10.0.0.1", "127.0.0.1"], environment)
            continue
        with pytest.raises(BadInput, match=r"Ray at 10\.0\.0\.1 is beyond this machine"):
            refuse_open(["127.0.0.1", "10.0.0.1"], environment)
    refuse_open(["127.0.0.1", "::1", "localhost", "[::1]", "127.1.2.3"], {})


def is_helper(process: psutil.Process) -> bool:
    """What multiprocessing starts once, for as long as there is a parent."""
    return "resource_tracker" in " ".join(process.cmdline())


def works_still(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def works() -> int:
    return os.getpid()


def counts(last: int) -> Iterator[int]:
    yield from range(last)


def raises() -> None:
    raise BadInput("what was wrong")


class TestWithRay:
    pytestmark = WITH_RAY

    def test_it_listens_on_loopback_only_and_is_gone_afterwards(self) -> None:
        before = {one.pid for one in family(os.getpid())}
        with connected("local", 2) as cluster:
            assert cluster.call(works).result(120) != os.getpid()
            assert list(cluster.follow(counts, 3)) == [0, 1, 2]
            with pytest.raises(BadInput, match="what was wrong"):
                cluster.call(raises).result(120)
            started = [one for one in family(os.getpid()) if one.pid not in before and not is_helper(one)]
            heard = [
                (" ".join(one.cmdline()[:3]), socket.laddr.ip)
                for one in started
                for socket in one.net_connections("inet")
                if socket.status == psutil.CONN_LISTEN
            ]
            environment = started[-1].environ()

        assert len(started) > 5 and len(heard) > 5
        assert {ip.removeprefix("::ffff:") for _, ip in heard} == {"127.0.0.1"}, heard
        assert environment["RAY_USAGE_STATS_ENABLED"] == "0"
        wait_until(lambda: not any(map(works_still, started)), 30, "the end of Ray")

    def test_a_head_of_another_version_is_one_line(self, tmp_path: Path) -> None:
        with Child.start("head", [sys.executable, "-c", _OLD_HEAD, str(tmp_path)]) as child:
            wait_until(lambda: (tmp_path / "address").exists(), 120, "a head", child)
            found = (tmp_path / "address").read_text()
            told = pytest.raises(BadInput, match=r"of another version: .* install the same here and there")
            with told, connected(found, 1):
                pass


_OLD_HEAD = """
import json, os, sys, tempfile, time
from pathlib import Path
os.environ["RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"] = "0"
os.environ |= {"RAY_USAGE_STATS_ENABLED": "0", "RAY_AUTH_MODE": "disabled"}
import ray
own = {"num_cpus": 1, "include_dashboard": False, "object_store_memory": 100_000_000}
context = ray.init(**own, _node_ip_address="127.0.0.1", _temp_dir=tempfile.mkdtemp(prefix="head-"))
gcs = ray._private.worker.global_worker.gcs_client
space = b"cluster"
metadata = json.loads(gcs.internal_kv_get(b"CLUSTER_METADATA", space))
metadata["ray_version"] = "2.0.0"
gcs.internal_kv_put(b"CLUSTER_METADATA", json.dumps(metadata).encode(), True, space)
Path(sys.argv[1], "address.writing").write_text(context.address_info["address"])
Path(sys.argv[1], "address.writing").rename(Path(sys.argv[1], "address"))
time.sleep(600)
"""
