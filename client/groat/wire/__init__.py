"""Pure conversions between messages and model values, both ways.

``thing_to_proto(value)`` writes and ``thing_from_proto(message, path)`` reads.
``path`` is where the message stands in its request, such as ``study``. Reading
raises `groat.errors.InvalidArgument` for faults of structure only: an unset
oneof, a missing part, an enum value that nobody knows, an impossible time.
Whether the numbers make sense is for the server to judge.
"""
