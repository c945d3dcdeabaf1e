"""The process around the service: health, reflection, one port, one end."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import grpc
import pytest
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import (
    ProtoReflectionDescriptorDatabase,
)

from groat import model, wire
from groat.v1 import service_pb2, service_pb2_grpc
from tests.contracts import service
from tests.contracts.channel_door import ChannelDoor
from tests.running import RunningServer


def groat_server(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command to its end."""
    command = [sys.executable, "-m", "groat_server.main", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def test_a_running_server_is_healthy_and_a_stopped_one_is_not(server: RunningServer) -> None:
    """What a container engine asks, by the same command."""
    assert groat_server("health", "--address", server.address).returncode == 0
    assert groat_server("health", "--address", "127.0.0.1:1").returncode == 1


def test_reflection_names_the_services(server: RunningServer) -> None:
    """Grpcurl and its like need no protos."""
    with grpc.insecure_channel(server.address) as channel:
        names = set(ProtoReflectionDescriptorDatabase(channel).get_services())

    assert {f"groat.v1.{name}Service" for name in ("Trial", "Study", "Analysis")} <= names


def test_a_second_server_on_the_port_says_so_and_ends(server: RunningServer) -> None:
    """Taking half of the calls in silence would be worse."""
    found = groat_server("serve", "--address", server.address, "--store", "sqlite://")

    assert found.returncode == 1
    assert "is it taken?" in found.stderr


def test_a_bad_store_ends_in_a_sentence() -> None:
    """No traceback for a typing error."""
    found = groat_server("serve", "--address", "127.0.0.1:0", "--store", "sqlite:/nowhere/x.db")

    assert found.returncode == 1
    assert found.stderr.startswith("groat-server: ")
    assert "Traceback" not in found.stderr


def test_sigterm_ends_it_in_order_and_keeps_everything(fresh_sqlite: Callable[[], str]) -> None:
    """A rolling update is no fault; the next server goes on where this one stopped."""
    url = fresh_sqlite()
    with RunningServer(url) as server:
        door = ChannelDoor(server.address)
        door.create("s", service.spec())
        trial = service.only(door.ask("s"))
        assert server.stop() == 0
        server.start()
        told = door.tell(trial, service.told(0.9))
        door.close()

    assert told.on_front


@pytest.mark.parametrize("kind", ["bayesian", "auto"])
def test_a_restart_suggests_what_the_first_server_would_have(
    kind: str, fresh_sqlite: Callable[[], str]
) -> None:
    """An algorithm is a function of the past, and the past is in the store."""
    searched = service.spec(algorithm=service.algorithm(kind))
    configurations = []
    for is_restarted in (False, True):
        with RunningServer(fresh_sqlite()) as server:
            door = ChannelDoor(server.address)
            door.create("s", searched)
            for i in range(10):
                door.tell(service.only(door.ask("s")), service.told(i / 10, (i * 7) % 10 / 10))
            if is_restarted:
                server.kill()
                server.start()
            configurations.append(service.only(door.ask("s")).configuration)
            door.close()

    assert configurations[0] == configurations[1]


def test_readers_go_on_while_writers_are_held_up(
    server: RunningServer, door: ChannelDoor, database: Path
) -> None:
    """A backup that locks the database holds up the tells, not everybody."""
    door.create("held-up", service.spec())
    trials = door.ask("held-up", 40).trials
    name = wire.study_name("held-up")

    with ThreadPoolExecutor(40) as pool, grpc.insecure_channel(server.address) as channel:
        with closing(sqlite3.connect(database, isolation_level=None)) as backup:
            backup.execute("BEGIN IMMEDIATE")
            tells = [pool.submit(door.tell, trial, service.told()) for trial in trials]
            time.sleep(1)  # until they wait inside the server
            get = service_pb2_grpc.StudyServiceStub(channel).GetStudy
            seen = get(service_pb2.GetStudyRequest(name=name), timeout=3)
            backup.execute("ROLLBACK")
        told = [tell.result().disposition for tell in tells]

    assert seen.budget_status.running_trials == 40
    assert told == [model.Disposition.ACCEPTED] * 40
