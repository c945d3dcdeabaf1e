"""A population of small networks that learn to read digits, tuned while they learn.

1797 handwritten digits train a network of some five thousand weights. While it
learns, more and more of its weights are cut: the fewer are left, the worse it
reads. Learning rate, noise, smoothing and the speed of the cutting are best
changed on the way, and population-based training finds out how.
"""
