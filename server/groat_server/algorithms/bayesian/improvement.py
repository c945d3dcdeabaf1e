"""Expected hypervolume improvement, exact for independent losses."""

# botorch leaves some of its types unknown.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np
import numpy.typing as npt
import torch
from botorch.utils.multi_objective.box_decompositions.non_dominated import (
    FastNondominatedPartitioning,
)

from groat_server.algorithms.base import Floats
from groat_server.algorithms.bayesian.warp import Warp


@dataclass(frozen=True, slots=True)
class Boxes:
    """What lies under a reference point and is not dominated, cut into boxes.

    Attributes:
        lower: Shape ``(k, m)``; -inf where a box is open.
        upper: Shape ``(k, m)``, finite.
    """

    lower: Floats
    upper: Floats

    @classmethod
    def around(cls, front: Floats, reference: Floats) -> Boxes:
        """Cut up the region that the rows of ``front (n, m)`` leave.

        Rows not better than ``reference (m,)`` everywhere have no effect.

        Source:
            Lacour, Klamroth and Fonseca (2017), A box decomposition algorithm to
            compute the hypervolume indicator, as in BoTorch.
            https://doi.org/10.1016/j.cor.2016.06.021
        """
        inside = front[(front < reference).all(axis=1)]
        if not len(inside):
            return cls(np.full((1, len(reference)), -np.inf), reference[None])
        if len(reference) == 1:
            return cls(np.full((1, 1), -np.inf), inside.min(axis=0, keepdims=True))
        # BoTorch maximises.
        cells = FastNondominatedPartitioning(
            ref_point=-torch.from_numpy(reference), Y=-torch.from_numpy(inside)
        ).get_hypercell_bounds()
        return cls(-cells[1].numpy(), -cells[0].numpy())


class Improvement:
    """Expected growth of the hypervolume, for many candidates at once.

    A box and the region that losses dominate meet in a box, whose sides depend on
    one objective each. So with independent losses the expected volume is a sum over
    boxes of products of one-dimensional integrals, and needs no sampling.

    Args:
        front: Shape ``(n, m)``, losses to improve on; dominated rows do no harm.
        reference: Shape ``(m,)``.
        warps: One per objective.

    Source:
        Emmerich, Deutz and Klinkenberg (2011), Hypervolume-based expected
        improvement. https://doi.org/10.1109/CEC.2011.5949880
        Here the integrals are of warped normals, in the objectives' own units.
    """

    def __init__(self, front: Floats, reference: Floats, warps: Sequence[Warp]) -> None:
        boxes = Boxes.around(front, reference)
        best = np.minimum(front, reference).min(axis=0, initial=np.inf)
        widths = np.where(best < reference, reference - best, 1.0)
        self._axes = [_Axis.of(boxes, j, float(widths[j]), warp) for j, warp in enumerate(warps)]

    def expected(self, means: Sequence[Floats], sds: Sequence[Floats]) -> Floats:
        """Return the improvement as a share of the box from the best losses to the reference.

        Args:
            means: Per objective, shape ``(n,)``, of the warped loss.
            sds: Per objective, shape ``(n,)``, positive.

        Returns:
            Shape ``(n,)``, at least 0.
        """
        sides = [
            axis.lengths(mean, sd) for axis, mean, sd in zip(self._axes, means, sds, strict=True)
        ]
        return np.maximum(reduce(np.multiply, sides).sum(axis=1), 0.0)


@dataclass(frozen=True, slots=True)
class _Axis:
    """One objective's breakpoints, and where each box begins and ends among them."""

    thresholds: Floats
    lower: npt.NDArray[np.intp]
    upper: npt.NDArray[np.intp]
    width: float
    warp: Warp

    @classmethod
    def of(cls, boxes: Boxes, j: int, width: float, warp: Warp) -> _Axis:
        both = np.concatenate([boxes.lower[:, j], boxes.upper[:, j]])
        # -inf comes first, always: some box is open on each axis.
        values, place = np.unique(both, return_inverse=True)
        k = len(boxes.lower)
        return cls(values[1:], place[:k], place[k:], width, warp)

    def lengths(self, mean: Floats, sd: Floats) -> Floats:
        """Expected length that a loss dominates of each box, shape ``(n, k)``."""
        shortfalls = self.warp.shortfalls(self.thresholds, mean, sd) / self.width
        padded = np.concatenate([np.zeros((len(mean), 1)), shortfalls], axis=1)
        return padded[:, self.upper] - padded[:, self.lower]
