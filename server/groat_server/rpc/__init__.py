"""The gRPC door: read, call, write, and errors turned into statuses."""

from groat_server.rpc.probe import is_serving
from groat_server.rpc.server import Server

__all__ = ["Server", "is_serving"]
