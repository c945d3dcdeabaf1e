"""Children of points: two crossed, or one changed a little, each kind of parameter in its own way.

Every search that varies what it knows uses these: the evolutions, the search for the best
acquisition, populations that train.
"""

# pymoo has no type stubs: what it returns is unknown until it is an array again.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from pymoo.operators.crossover.sbx import cross_sbx

from groat import model
from groat_server.algorithms.base import Bools, Floats
from groat_server.columns import Column, LogIntegers, column
from groat_server.space import INACTIVE, Space

Indices: TypeAlias = npt.NDArray[np.intp]

_STEP = 0.1
_NEARNESS = 15.0
"""SBX's eta: nineteen of twenty are within a tenth of the parents' distance from one of them."""

_CROSSED_SHARE = 0.5
_TRIES = 80
_ROOM = 1e-6
"""Share of an axis in which the codes of items differ just to say which comes first."""


def crossed(space: Space, mothers: Floats, fathers: Floats, rng: np.random.Generator) -> Floats:
    """Make one child of each pair.

    A number comes from near one of the parents, a label from either. A set keeps what both
    parents have and takes each item of one of them with chance 1/2. An order keeps a stretch
    of the mother's where it is, the other items follow in the father's order. A parameter
    that one parent has goes to the child as it is, one that neither has is drawn. So a child
    of equal parents is their equal.

    Args:
        space: Where they live.
        mothers: Shape ``(n, d)``, canonical.
        fathers: Shape ``(n, d)``, canonical.
        rng: The dice.

    Returns:
        Shape ``(n, d)``, canonical. Space constraints may be broken.

    Source:
        Numbers: Deb and Agrawal (1995), Simulated binary crossover, as in pymoo.
        https://www.complex-systems.com/abstracts/v09_i02_a02/
        Orders: Falkenauer and Bouffouix (1991), A genetic algorithm for job shop: linear
        order crossover, under which places count from the first one, not round a circle.
    """
    in_mothers, in_fathers = space.active(mothers), space.active(fathers)
    children = np.where(in_fathers, fathers, rng.random(mothers.shape))
    children = np.where(in_mothers, mothers, children)
    mixed = np.where(rng.random(mothers.shape) < _CROSSED_SHARE, mothers, fathers)
    numbers = _is_number(space)
    mixed[:, numbers] = _between(mothers[:, numbers], fathers[:, numbers], rng)
    for own, parameter in zip(space.columns, space.parameters, strict=True):
        match parameter.domain:
            case model.SubsetDomain():
                mixed[:, own] = _united(mothers[:, own], fathers[:, own], rng)
            case model.PermutationDomain():
                mixed[:, own] = _ordered(mothers[:, own], fathers[:, own], rng)
            case _:
                pass
    return space.canonical(np.where(in_mothers & in_fathers, mixed, children))


def mutated(
    space: Space,
    points: Floats,
    rng: np.random.Generator,
    *,
    step: float = _STEP,
    share: float | None = None,
) -> Floats:
    """Change one or more parameters of each point.

    Each active parameter that has another value moves with chance ``share``, at least one
    of them always does, and what moves changes: a number by a normal step, an ordered level
    by at least one, a label to another one. Of a set one item is put in or taken out, or
    swapped for another; in an order one item moves, two change places, or a stretch is
    turned round. Parameters that become active are drawn.

    Args:
        space: Where they live.
        points: Shape ``(n, d)``, canonical.
        rng: The dice.
        step: Standard deviation of a number's move, in shares of its axis. A step past
            an end stops there.
        share: In 0 to 1; ``None`` is one over the number of parameters that can move.

    Returns:
        Shape ``(n, d)``, canonical. None is the configuration that it was made from, save
        where the space has no other. Space constraints may be broken.
    """
    active = space.active(points)
    children = np.where(active, points, rng.random(points.shape))
    moves = _moves(space, active, share, rng)
    for j, (own, parameter) in enumerate(zip(space.columns, space.parameters, strict=True)):
        rows = np.flatnonzero(moves[:, j])
        if len(rows):
            codes = points[rows, own]
            children[rows, own] = _changed(parameter.domain, codes, space.levels[own], step, rng)
    return space.canonical(children)


# Who moves.


def _moves(space: Space, active: Bools, share: float | None, rng: np.random.Generator) -> Bools:
    """Tell which parameters of each row move, shape ``(n, parameters)``."""
    can = active[:, [own.start for own in space.columns]] & _has_choice(space)
    chance = share if share is not None else 1.0 / np.maximum(can.sum(axis=1, keepdims=True), 1)
    moves = can & (rng.random(can.shape) < chance)
    still, one = ~moves.any(axis=1), _any_of(can, rng)
    moves[still, one[still]] = can[still, one[still]]
    return moves


def _has_choice(space: Space) -> Bools:
    """Tell which parameters have more than one value, shape ``(parameters,)``."""
    pairs = zip(space.parameters, space.columns, strict=True)
    return np.array(
        [
            _has_sets(parameter.domain)
            if isinstance(parameter.domain, model.SubsetDomain)
            else space.levels[own.start] != 1
            for parameter, own in pairs
        ],
        dtype=np.bool_,
    )


def _has_sets(domain: model.SubsetDomain) -> bool:
    required, every = len(domain.required_items), len(domain.items)
    least, most = max(domain.min_items, required), domain.max_items or every
    return least < most or required < least < every


def _any_of(choices: Bools, rng: np.random.Generator) -> Indices:
    """Pick one true column of each row, all alike; any column where none is."""
    return np.where(choices, rng.random(choices.shape), -1.0).argmax(axis=1)


# How one parameter moves.


def _changed(
    domain: model.Domain,
    codes: Floats,
    levels: npt.NDArray[np.int64],
    step: float,
    rng: np.random.Generator,
) -> Floats:
    """Give every row of canonical ``codes (n, width)`` another value of the domain."""
    match domain:
        case model.SubsetDomain():
            return _exchanged(codes, levels > 1, rng)
        case model.PermutationDomain():
            return _rearranged(codes, rng)
        case model.FloatDomain() | model.IntDomain() | model.OrdinalDomain():
            return _stepped(column(domain), codes[:, 0], step, rng)[:, None]
        case _:
            jumps = rng.integers(1, levels, size=codes.shape) / levels
            return (codes + jumps) % 1.0


def _stepped(axis: Column, codes: Floats, step: float, rng: np.random.Generator) -> Floats:
    """Move numbers ``(n,)``; a step that changes nothing is turned round, then doubled."""
    steps = step * rng.standard_normal(len(codes))
    if axis.levels and not isinstance(axis, LogIntegers):  # its levels differ in width
        steps = np.copysign(np.maximum(np.abs(steps), 1.0 / axis.levels), steps)
    moved = codes.copy()
    for attempt in range(_TRIES):
        stuck = moved == codes
        if not stuck.any():
            break
        reach = (-1) ** attempt * 2.0 ** (attempt // 2)
        moved[stuck] = axis.snap(np.clip(codes[stuck] + reach * steps[stuck], 0.0, 1.0))
    return moved


def _exchanged(codes: Floats, is_free: Bools, rng: np.random.Generator) -> Floats:
    """Put one item in or out, or one in for another; a full set loses one for a new one."""
    rows = np.arange(len(codes))
    is_in = codes > INACTIVE
    eagerness = rng.random(codes.shape)
    flipped = _any_of(np.broadcast_to(is_free, codes.shape), rng)
    partner = _any_of(is_free & (is_in != is_in[rows, flipped][:, None]), rng)
    swapped = rng.random(len(codes)) < 0.5
    # Where all free items are in, or all out, the partner is no partner: flip alone.
    swapped &= is_free[partner] & (is_in[rows, partner] != is_in[rows, flipped])
    for moving, item in ((rows, flipped[rows]), (rows[swapped], partner[swapped])):
        is_in[moving, item] ^= True
        # First to come in, or last: should the size not fit, another item makes room.
        eagerness[moving, item] = is_in[moving, item]
    return _set_codes(is_in, eagerness)


def _rearranged(codes: Floats, rng: np.random.Generator) -> Floats:
    """Move one item to another place, swap two, or turn a stretch round, a third each."""
    n, k = codes.shape
    places = np.floor(codes * k)
    start = rng.integers(k, size=(n, 1))
    end = (start + rng.integers(1, k, size=(n, 1))) % k
    low, high = np.minimum(start, end), np.maximum(start, end)
    inside = (places >= low) & (places <= high)
    turned = np.where(inside, low + high - places, places)
    moved = np.where(inside, places - np.sign(end - start), places)
    moved = np.where(places == start, end, moved)
    swapped = np.where((places == start) | (places == end), turned, places)
    how = rng.integers(3, size=(n, 1))
    return (np.choose(how, [moved, swapped, turned]) + 0.5) / k


# How two parents' values of one parameter are crossed.


def _is_number(space: Space) -> Bools:
    kinds = [isinstance(one.domain, model.PermutationDomain) for one in space.parameters]
    return ~space.is_categorical & ~np.array(kinds, dtype=np.bool_)[space.owner]


def _between(mothers: Floats, fathers: Floats, rng: np.random.Generator) -> Floats:
    n, k = mothers.shape
    eta, swap = np.full((n, 1), _NEARNESS), np.full((n, 1), 0.5)
    pairs, low, high = np.stack([mothers, fathers]), np.zeros(k), np.ones(k)
    children = cross_sbx(pairs, low, high, eta, _CROSSED_SHARE, swap, random_state=rng)
    # One of the two children per number: half of all numbers come from either side.
    return np.where(rng.random((n, k)) < 0.5, children[0], children[1])


def _united(mothers: Floats, fathers: Floats, rng: np.random.Generator) -> Floats:
    """Cross sets ``(n, items)``: agreed items are sure, the others come with chance 1/2."""
    is_in, is_sure = mothers > INACTIVE, mothers == fathers
    is_in = np.where(is_sure, is_in, rng.random(is_in.shape) < 0.5)
    # Only items that the parents disagree on may give way when the size does not fit.
    return _set_codes(is_in, (np.where(is_sure, 3.0 * is_in, 1.0) + rng.random(is_in.shape)) / 4)


def _set_codes(is_in: Bools, eagerness: Floats) -> Floats:
    """Code sets for `Space.canonical`: of too many or too few items the eager ones are in.

    An item near the end of its axis is in, or out, whatever the size limits.
    """
    return np.where(is_in, 1.0 - _ROOM, 0.0) + _ROOM * eagerness


def _ordered(mothers: Floats, fathers: Floats, rng: np.random.Generator) -> Floats:
    """Cross orders ``(n, items)``: a stretch of the mother's, the rest in the father's order."""
    n, k = mothers.shape
    places = np.floor(mothers * k)
    low, high = np.sort(rng.integers(k, size=(2, n, 1)), axis=0)
    is_kept = (places >= low) & (places <= high)
    order = np.argsort(np.where(is_kept, np.inf, fathers), axis=1)
    turn = np.argsort(order, axis=1)
    filled = np.where(turn < low, turn, turn + high - low + 1)
    return (np.where(is_kept, places, filled) + 0.5) / k
