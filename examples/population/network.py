"""A network that learns in intervals, and can be put away between them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Self

import torch
from torch import nn
from torch.nn import functional

from .digits import CLASSES, PIXELS, Pile

HIDDEN = 64
BATCH = 64
_MOMENTUM = 0.9


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How one interval of training goes.

    Attributes:
        learning_rate: Of gradient descent with momentum.
        noise: Standard deviation of what is added to each pixel.
        smoothing: Share of each label that is spread over all classes.
        pruning: Share of the weights left that is cut before the interval.
    """

    learning_rate: float
    noise: float
    smoothing: float
    pruning: float


@dataclass(frozen=True, slots=True)
class Reading:
    """How well a network reads a pile.

    Attributes:
        loss: Mean cross-entropy in nats.
        error: Share of the digits that are read wrongly.
    """

    loss: float
    error: float


class Sparse(nn.Linear):
    """A layer some of whose weights are cut, for good."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__(inputs, outputs)
        self.mask: torch.Tensor
        self.register_buffer("mask", torch.ones(outputs, inputs))

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        """Use what is left."""
        return functional.linear(input, self.weight * self.mask, self.bias)


class Learner:
    """A network of one hidden layer with its optimizer."""

    def __init__(self, seed: int) -> None:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self._layers = (Sparse(PIXELS, HIDDEN), Sparse(HIDDEN, CLASSES))
        self._network = nn.Sequential(self._layers[0], nn.ReLU(), self._layers[1])
        self._descent = torch.optim.SGD(self._network.parameters(), lr=1.0, momentum=_MOMENTUM)

    @property
    def size(self) -> float:
        """Share of the weights that are left."""
        masks = torch.cat([layer.mask.flatten() for layer in self._layers])
        return float(masks.mean())

    def practise(self, pile: Pile, settings: Settings, steps: int, seed: int) -> None:
        """Cut some weights, then take so many steps of gradient descent."""
        self._cut(settings.pruning)
        self._descent.param_groups[0]["lr"] = settings.learning_rate
        dice = torch.Generator().manual_seed(seed)
        for _ in range(steps):
            drawn = torch.randint(len(pile.labels), (BATCH,), generator=dice)
            images = pile.images[drawn]
            images = images + settings.noise * torch.randn(images.shape, generator=dice)
            loss = functional.cross_entropy(
                self._network(images), pile.labels[drawn], label_smoothing=settings.smoothing
            )
            self._descent.zero_grad()
            loss.backward()
            self._descent.step()

    def _cut(self, share: float) -> None:
        """Cut this share of the weights left, the smallest of both layers."""
        left = [layer.weight.detach().abs()[layer.mask > 0] for layer in self._layers]
        sizes = torch.cat(left).sort().values
        count = int(share * len(sizes))
        for layer in self._layers if count else ():
            layer.mask *= layer.weight.detach().abs() > sizes[count - 1]

    def read(self, pile: Pile) -> Reading:
        """Measure it on a pile."""
        with torch.no_grad():
            logits = self._network(pile.images)
            loss = functional.cross_entropy(logits, pile.labels)
            wrong = (logits.argmax(dim=1) != pile.labels).float().mean()
        return Reading(float(loss), float(wrong))

    def save(self, path: Path) -> None:
        """Leave a checkpoint: weights, cuts and momentum."""
        torch.save([self._network.state_dict(), self._descent.state_dict()], path)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Go on from a checkpoint."""
        learner = cls(seed=0)
        network, descent = torch.load(path, weights_only=True)
        learner._network.load_state_dict(network)
        learner._descent.load_state_dict(descent)
        return learner
