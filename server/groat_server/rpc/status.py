"""Which gRPC status each error becomes. One table, kept complete by a test."""

from __future__ import annotations

import grpc

from groat import errors

STATUS: dict[type[errors.GroatError], grpc.StatusCode] = {
    errors.GroatError: grpc.StatusCode.UNKNOWN,
    errors.InvalidArgument: grpc.StatusCode.INVALID_ARGUMENT,
    errors.NotFound: grpc.StatusCode.NOT_FOUND,
    errors.AlreadyExists: grpc.StatusCode.ALREADY_EXISTS,
    errors.ConflictingOutcome: grpc.StatusCode.FAILED_PRECONDITION,
    errors.RequestIdReused: grpc.StatusCode.FAILED_PRECONDITION,
    errors.NotPossibleNow: grpc.StatusCode.FAILED_PRECONDITION,
    errors.EtagMismatch: grpc.StatusCode.ABORTED,
    errors.TooLarge: grpc.StatusCode.RESOURCE_EXHAUSTED,
    errors.StoreUnavailable: grpc.StatusCode.UNAVAILABLE,
    errors.InternalFault: grpc.StatusCode.INTERNAL,
}

CLIENT_ONLY: frozenset[type[errors.GroatError]] = frozenset({errors.Unreachable})
"""Raised where no server answered; no server ever sends them."""
