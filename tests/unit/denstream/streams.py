"""Streams of points made by rule."""

import numpy as np


def random_stream(seed: int, dimensions: int, length: int | None = None):
    """A short stream with clusters, noise, late points, gaps and duplicates, and parameters for it."""
    rng = np.random.default_rng([seed, dimensions])
    n = length or int(rng.integers(40, 140))
    centres = rng.uniform(-12, 12, (int(rng.integers(1, 6)), dimensions))
    points = centres[rng.integers(len(centres), size=n)] + rng.normal(
        0, rng.uniform(0.2, 1.2), (n, dimensions)
    )
    noise = rng.random(n) < 0.15
    points[noise] = rng.uniform(-15, 15, (noise.sum(), dimensions))
    for i in np.flatnonzero(rng.random(n) < 0.05)[1:]:
        points[i] = points[rng.integers(i)]

    half_life = rng.uniform(5, 40)
    passed = rng.exponential(1.0, n)
    gap = rng.random(n) < 0.01
    passed[gap] += half_life * rng.uniform(1, 60, gap.sum())
    t = rng.uniform(-1e3, 1e3) + np.cumsum(passed)
    late = rng.random(n) < 0.1
    t[late] -= half_life * rng.uniform(0, 3, late.sum())

    weights = np.ones(n) if seed % 2 else rng.uniform(0.2, 5.0, n)
    mu = rng.uniform(2, 9)
    parameters = {
        "epsilon": rng.uniform(0.5, 1.5),
        "mu": mu,
        "beta": rng.uniform(1.05 / mu, 1.0),
        "half_life": half_life,
    }
    return points, t, weights, parameters


def moving_blobs(seed: int, *, minutes=240, per_minute=100, blobs=8, sigma=8.0, noise=0.1, side=600.0):
    """Normal blobs of sigma NM that move, are born and die, and uniform noise.

    Returns
    -------
    points, t, label
        (n, 2) in NM, (n,) in minutes, (n,) with -1 for noise.
    """
    rng = np.random.default_rng(seed)
    n = minutes * per_minute
    t = np.sort(rng.uniform(0, minutes, n))
    place = rng.integers(blobs, size=n)
    # Each of the places is taken by one blob until it dies, and then by the next one elsewhere.
    lives = minutes / 2
    turn = np.floor(t / lives + place / blobs).astype(int)
    grid = np.stack(np.meshgrid(*[np.arange(5)] * 2), -1).reshape(-1, 2) * side / 5 + side / 10
    turns = turn.max() + 1
    starts = rng.permutation(grid)[: turns * blobs].reshape(turns, blobs, 2)
    heading = rng.uniform(0, 2 * np.pi, (turns, blobs))
    velocity = 0.15 * np.stack([np.cos(heading), np.sin(heading)], -1)
    began = np.maximum((turn - place / blobs) * lives, 0)
    points = starts[turn, place] + velocity[turn, place] * (t - began)[:, None] + rng.normal(0, sigma, (n, 2))
    label = turn * blobs + place
    is_noise = rng.random(n) < noise
    points[is_noise] = rng.uniform(0, side, (is_noise.sum(), 2))
    label[is_noise] = -1
    return points, t, label


def uniform_shapes(seed: int, per_area: float = 12.0):
    """A rectangle, a disc, a ring around another disc, and an L, all of the same density, in any order."""
    rng = np.random.default_rng(seed)

    def rectangle(x, y, width, height):
        n = round(width * height * per_area)
        return np.column_stack([rng.uniform(x, x + width, n), rng.uniform(y, y + height, n)])

    def ring(x, y, outer, inner=0.0):
        n = round(np.pi * (outer**2 - inner**2) * per_area)
        angle, r = rng.uniform(0, 2 * np.pi, n), np.sqrt(rng.uniform(inner**2, outer**2, n))
        return np.column_stack([x + r * np.cos(angle), y + r * np.sin(angle)])

    square = rectangle(40, 25, 30, 30)
    corner = square[(square[:, 0] < 48) | (square[:, 1] < 33)]
    shapes = [rectangle(0, 0, 30, 10), ring(50, 8, 8), ring(16, 32, 14, 9), ring(16, 32, 4), corner]
    return rng.permutation(np.vstack(shapes))
