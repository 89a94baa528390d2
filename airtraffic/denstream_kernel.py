"""DenStream's online step, compiled: one pass over the points, micro-clusters found through a grid hash.

A micro-cluster is a row of ``centres`` and of ``sums``; rows are in order of id. ``sums`` holds its weight W
and its squared deviations S as they were at ``UPDATED``, the time of its latest point. Both fade alike, so
the centre and the radius ``sqrt(S / W)`` need no fading, and only differences of times are ever used.
The grid has no keys: cells that share a bucket only add candidates, which their distance rejects.

Everything compiled is in this file: numba's cache notices changes of the file of a function, not of the
files of what it calls.
"""

import math

from numba import njit

WEIGHT, SQUARES, UPDATED, CREATED = range(4)
LATEST, NEXT_PRUNING = range(2)
ROWS, NEXT_ID = range(2)

_GRID_DIMENSIONS = 3
_NO_ROW = -1
# A cell is wider than the search is far, by more than the rounding of 1e9 cells away from the origin.
_CELL = 1.000001
_FARTHEST_CELL = 2.0**52


@njit(cache=True)
def _fade(age, half_life):
    return math.exp2(-age / half_life)


@njit(cache=True)
def _cell(value, per_cell):
    return math.floor(min(max(value * per_cell, -_FARTHEST_CELL), _FARTHEST_CELL))


@njit(cache=True)
def _steps(size):
    """Odd steps near irrational parts of the table, so that rows of cells spread over it."""
    return int(size * 0.6180339887) | 1, int(size * 0.7548776662) | 1


@njit(cache=True)
def _bucket(point, per_cell, size):
    first, third = _steps(size)
    number = _cell(point[0], per_cell) * first
    if len(point) > 1:
        number += _cell(point[1], per_cell)
    if len(point) > 2:
        number += _cell(point[2], per_cell) * third
    return number & (size - 1)


@njit(cache=True)
def _distance2(a, b):
    total = 0.0
    for k in range(len(a)):
        gap = a[k] - b[k]
        total += gap * gap
    return total


@njit(cache=True)
def index(centres, rows, reach, heads, following, buckets):
    """Hang the first ``rows`` micro-clusters into the grid anew."""
    heads[:] = _NO_ROW
    per_cell = 1.0 / (reach * _CELL)
    for row in range(rows):
        bucket = _bucket(centres[row], per_cell, len(heads))
        buckets[row] = bucket
        following[row] = heads[bucket]
        heads[bucket] = row


@njit(cache=True)
def _nearest_around(point, centres, potential, reach, heads, following):
    """Rows of the nearest p- and o-micro-cluster within ``reach``; the older one where two are as near."""
    size = len(heads)
    first, third = _steps(size)
    per_cell = 1.0 / (reach * _CELL)
    dimensions = len(point)
    across = 1 if dimensions > 1 else 0
    deep = 1 if dimensions > 2 else 0
    i = _cell(point[0], per_cell)
    j = _cell(point[1], per_cell) if across else 0
    k = _cell(point[2], per_cell) if deep else 0
    p_row, o_row = _NO_ROW, _NO_ROW
    p_far, o_far = reach * reach, reach * reach
    for cell_i in range(i - 1, i + 2):
        for cell_k in range(k - deep, k + deep + 1):
            base = cell_i * first + cell_k * third
            for cell_j in range(j - across, j + across + 1):
                row = heads[(base + cell_j) & (size - 1)]
                while row != _NO_ROW:
                    far = _distance2(point, centres[row])
                    if potential[row]:
                        if far < p_far or (far == p_far and (p_row == _NO_ROW or row < p_row)):
                            p_row, p_far = row, far
                    elif far < o_far or (far == o_far and (o_row == _NO_ROW or row < o_row)):
                        o_row, o_far = row, far
                    row = following[row]
    return p_row, o_row


@njit(cache=True)
def _nearest_of_all(point, centres, potential, rows, wanted, reach):
    """Row of the nearest p- (or o-) micro-cluster within ``reach``, which may be infinite."""
    nearest, nearest_far = _NO_ROW, reach * reach
    for row in range(rows):
        if potential[row] == wanted:
            far = _distance2(point, centres[row])
            if far < nearest_far or (far == nearest_far and nearest == _NO_ROW):
                nearest, nearest_far = row, far
    return nearest


@njit(cache=True)
def _join(point, t, weight, centre, sums, epsilon, half_life):
    """Add the point, weighted by its own age, if the radius with it stays within epsilon."""
    total, squares, updated = sums[WEIGHT], sums[SQUARES], sums[UPDATED]
    if t > updated:
        faded = _fade(t - updated, half_life)
        total *= faded
        squares *= faded
        updated = t
    elif t < updated:
        weight *= _fade(updated - t, half_life)
    share = weight / (total + weight)
    squares += total * share * _distance2(point, centre)
    if squares > epsilon * epsilon * (total + weight):
        return False
    for k in range(len(centre)):
        centre[k] += share * (point[k] - centre[k])
    sums[WEIGHT] = total + weight
    sums[SQUARES] = squares
    sums[UPDATED] = updated
    return True


@njit(cache=True)
def _rehang(row, centres, reach, heads, following, buckets):
    bucket = _bucket(centres[row], 1.0 / (reach * _CELL), len(heads))
    left = buckets[row]
    if bucket == left:
        return
    if heads[left] == row:
        heads[left] = following[row]
    else:
        before = heads[left]
        while following[before] != row:
            before = following[before]
        following[before] = following[row]
    buckets[row] = bucket
    following[row] = heads[bucket]
    heads[bucket] = row


@njit(cache=True)
def _prune(due, beta_mu, half_life, centres, sums, ids, potential, rows):
    """Drop what is too light at the time ``due``; how many rows stay.

    A p-micro-cluster needs the weight beta mu, an o-micro-cluster the paper's
    ``xi = (2^(-lambda (t - t_o + T_p)) - 1) / (2^(-lambda T_p) - 1) = beta mu - (beta mu - 1) 2^(-lambda (t - t_o))``.
    """
    kept = 0
    for row in range(rows):
        weight = sums[row, WEIGHT] * _fade(due - sums[row, UPDATED], half_life)
        needed = beta_mu
        if not potential[row]:
            needed -= (beta_mu - 1.0) * _fade(due - sums[row, CREATED], half_life)
        if weight >= needed:
            if kept < row:
                centres[kept] = centres[row]
                sums[kept] = sums[row]
                ids[kept] = ids[row]
                potential[kept] = potential[row]
            kept += 1
    return kept


@njit(cache=True)
def learn(
    points, times, weights, start, joined,
    epsilon, beta_mu, half_life, period, reach, max_merge_distance,
    clock, counts, centres, sums, ids, potential, heads, following, buckets,
):  # fmt: skip
    """Learn points from ``start`` on, until all are learned or the arrays of micro-clusters are full.

    Parameters
    ----------
    points, times, weights
        (n, d), (n,), (n,).
    joined
        (n,), receives the id of the micro-cluster that each point joined or opened.
    period
        T_p, time between two prunings. They lie at the first point's time plus multiples of it.
    reach
        How far the grid searches: the lesser of 2 epsilon and ``max_merge_distance``.
    clock, counts
        The model's ``LATEST`` and ``NEXT_PRUNING``; its ``ROWS`` and ``NEXT_ID``.
    centres, sums, ids, potential, heads, following, buckets
        (m, d), (m, 4), (m,), (m,), (2^k,), (m,), (m,): the micro-clusters and the grid.

    Returns
    -------
    int
        The first point that was not learned, n if there is none.
    """
    for i in range(start, len(points)):
        if counts[ROWS] == len(centres):
            return i
        point, t, weight = points[i], times[i], weights[i]
        if counts[NEXT_ID] == 0:
            clock[NEXT_PRUNING] = t + period
        clock[LATEST] = max(clock[LATEST], t)
        if clock[LATEST] > clock[NEXT_PRUNING]:
            late = clock[LATEST] - clock[NEXT_PRUNING]
            due = clock[NEXT_PRUNING] + math.floor(late / period) * period
            if due >= clock[LATEST]:
                due -= period
            counts[ROWS] = _prune(due, beta_mu, half_life, centres, sums, ids, potential, counts[ROWS])
            index(centres, counts[ROWS], reach, heads, following, buckets)
            clock[NEXT_PRUNING] = due + period

        p_row, o_row = _nearest_around(point, centres, potential, reach, heads, following)
        if p_row == _NO_ROW and max_merge_distance > reach:
            p_row = _nearest_of_all(point, centres, potential, counts[ROWS], True, max_merge_distance)
        row = p_row
        if p_row == _NO_ROW or not _join(point, t, weight, centres[p_row], sums[p_row], epsilon, half_life):
            if o_row == _NO_ROW and max_merge_distance > reach:
                o_row = _nearest_of_all(point, centres, potential, counts[ROWS], False, max_merge_distance)
            row = o_row
            if o_row != _NO_ROW and _join(point, t, weight, centres[o_row], sums[o_row], epsilon, half_life):
                age = clock[LATEST] - sums[row, UPDATED]
                potential[row] = sums[row, WEIGHT] * _fade(age, half_life) > beta_mu
            else:
                row = counts[ROWS]
                centres[row] = point
                sums[row, WEIGHT], sums[row, SQUARES] = weight, 0.0
                sums[row, UPDATED], sums[row, CREATED] = t, t
                ids[row] = counts[NEXT_ID]
                potential[row] = False
                bucket = _bucket(point, 1.0 / (reach * _CELL), len(heads))
                buckets[row] = bucket
                following[row] = heads[bucket]
                heads[bucket] = row
                counts[ROWS] += 1
                counts[NEXT_ID] += 1
        _rehang(row, centres, reach, heads, following, buckets)
        joined[i] = ids[row]
    return len(points)
