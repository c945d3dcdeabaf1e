"""Handwritten digits, dealt into three piles.

The images come with scikit-learn, which GPyTorch and so groat's server brings
along: 1797 digits, 8 by 8 pixels of 17 greys, a copy of the test set of E.
Alpaydin and C. Kaynak, Optical Recognition of Handwritten Digits (1998), UCI
Machine Learning Repository, https://doi.org/10.24432/C50P49, CC BY 4.0.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import torch
from sklearn.datasets import load_digits

PIXELS, CLASSES = 64, 10
_PILES = (900, 448, 449)
_DEAL = 7


@dataclass(frozen=True, slots=True)
class Pile:
    """Some of the digits.

    Attributes:
        images: Shape ``(n, 64)``, from 0 to 1.
        labels: Shape ``(n,)``, from 0 to 9.
    """

    images: torch.Tensor
    labels: torch.Tensor


@functools.cache
def piles() -> tuple[Pile, Pile, Pile]:
    """Deal the digits, always alike: 900 to train, 448 to validate, 449 to test."""
    images, labels = load_digits(return_X_y=True)
    order = torch.randperm(len(labels), generator=torch.Generator().manual_seed(_DEAL))
    shuffled = torch.tensor(images / 16, dtype=torch.float32)[order]
    dealt = zip(shuffled.split(_PILES), torch.tensor(labels)[order].split(_PILES), strict=True)
    train, validation, test = (Pile(*pile) for pile in dealt)
    return train, validation, test
