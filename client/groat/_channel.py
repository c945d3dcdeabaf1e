"""How both kinds of client set up their connection."""

from __future__ import annotations

import os
import socket

_MIB = 1024 * 1024

OPTIONS: tuple[tuple[str, int], ...] = (
    ("grpc.max_receive_message_length", 16 * _MIB),
    # The server takes one ping in 30 s at most.
    ("grpc.keepalive_time_ms", 60_000),
    ("grpc.keepalive_timeout_ms", 20_000),
    ("grpc.keepalive_permit_without_calls", 1),
    # gRPC itself would wait up to two minutes before it looks for a restarted server.
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 1_000),
    ("grpc.max_reconnect_backoff_ms", 5_000),
)


def worker_label() -> str:
    """Return a label for this process, for people who look at running trials."""
    return f"{socket.gethostname()[:100]}-{os.getpid()}"
