"""What a process asks of JAX to join others, and what it finds out before."""

import atexit
import os
import socket

import jax
import pytest

from augjax.errors import InputError, RunError
from augjax.runtime.cluster import Place, find_place, joined
from tests.runtime.cluster.test_join import PROXY, free_port


@pytest.fixture
def called(monkeypatch):
    """What `jax.distributed.initialize` is called with, instead of being called."""
    calls = []
    monkeypatch.setattr(
        jax.distributed, "initialize", lambda *args, **named: calls.append((args, named))
    )
    monkeypatch.setattr(jax.config, "update", lambda *_: None)
    return calls


def test_a_name_that_is_no_machines(monkeypatch, called):
    def unknown(*_: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "create_connection", unknown)
    place = find_place("nowhere:1234", 2, 1, {})
    message = r"^no process 0 at nowhere:1234 after 0\.3 s .*: name or service not known; start it"
    with pytest.raises(RunError, match=message), joined(place, start_timeout=0.3, peer_timeout=9):
        pass
    assert not called


@pytest.mark.parametrize("host", ["", "127.0.0.1"])
def test_the_port_is_in_use(host, monkeypatch, called):
    monkeypatch.delenv("JAX_COORDINATOR_BIND_ADDRESS", raising=False)
    with socket.create_server((host, 0)) as server:
        port = server.getsockname()[1]
        place = find_place(f"127.0.0.1:{port}", 2, 0, {})
        message = f"process 0 cannot use port {port} .address already in use.; choose another"
        with pytest.raises(RunError, match=message), joined(place, start_timeout=9, peer_timeout=9):
            pass
    assert not called


def test_the_address_that_process_0_shall_use_may_be_another(monkeypatch, called):
    place = find_place(f"127.0.0.1:{free_port()}", 2, 0, {})
    for bound, error, message in (
        ("192.0.2.1:1234", RunError, r"process 0 cannot use port 1234 \(.*assign"),
        ("[::]", InputError, r"^JAX_COORDINATOR_BIND_ADDRESS=\[::\]: expected HOST:PORT"),
    ):
        monkeypatch.setenv("JAX_COORDINATOR_BIND_ADDRESS", bound)
        with pytest.raises(error, match=message), joined(place, start_timeout=9, peer_timeout=9):
            pass
    assert not called


def test_nobody_is_joined_by_one_process(called):
    with joined(Place(), start_timeout=1, peer_timeout=1):
        assert not called


def test_jax_finds_the_pods_of_kubernetes(called):
    place = Place(processes=None, process_id=2, why="Kubernetes")
    with joined(place, start_timeout=9, peer_timeout=1.5):
        ((args, named),) = called
    assert args == (None, None, None, None)
    assert named["cluster_detection_method"] is None
    assert named["heartbeat_timeout_seconds"] == 2


def test_what_kubernetes_does_not_allow_is_told(monkeypatch):
    def refused(*_: object, **__: object) -> None:
        assert os.environ[PROXY] == ""
        raise RuntimeError("Kubernetes API Error: 403 - Forbidden\nGive the account a permission.")

    at_exit = []
    monkeypatch.setattr(atexit, "register", lambda *what: at_exit.append(what[1:]))
    monkeypatch.setattr(jax.distributed, "initialize", refused)
    monkeypatch.setattr(jax.config, "update", lambda *_: None)
    monkeypatch.setenv(PROXY, "http://proxy")
    place = Place(processes=None, process_id=2, why="Kubernetes")
    with (
        pytest.raises(RunError, match=r"could not join .* by Kubernetes: .* Forbidden") as caught,
        joined(place, start_timeout=9, peer_timeout=9),
    ):
        pass
    assert caught.value.details == ("Give the account a permission.",)
    assert at_exit == [(1,)] and os.environ[PROXY] == "http://proxy"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (InputError("bad"), 2),
        (ValueError("bad"), 1),
        (KeyboardInterrupt(), 130),
        (SystemExit(3), 3),
        (SystemExit("bad"), 1),
        (SystemExit(0), None),
        (SystemExit(), None),
    ],
)
def test_the_exit_code_is_the_errors(error, code, called, monkeypatch):
    at_exit, codes = [], []
    monkeypatch.setattr(atexit, "register", at_exit.append)
    monkeypatch.setattr(os, "_exit", codes.append)
    with (
        pytest.raises(type(error)),
        joined(Place(processes=None), start_timeout=9, peer_timeout=9),
    ):
        raise error
    for leave in at_exit:
        leave()
    assert codes == ([] if code is None else [code])
