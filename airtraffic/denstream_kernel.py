"""DenStream's online step, compiled: one pass over the points, micro-clusters found through a grid hash.

A micro-cluster is a row of ``centres`` and of ``sums``; rows are in order of id. ``sums`` holds its weight W
and its squared deviations S as they were at ``UPDATED``, the time of its latest point. Both fade alike, so
the centre and the radius ``sqrt(S / W)`` need no fading, and only differences of times are ever used.

The grid: a cell's list holds the micro-clusters of the cells around it too, so that a search reads one list,
in blocks of one cache line: a count, the rows, and the next block (0: none). p- and o-micro-clusters have
lists of their own. Cells have no keys: those that share a list add candidates, which their distance rejects.

Everything compiled is in this file: numba's cache notices changes of the file of a function, not of the
files of what it calls. Compiling takes 8 s, reading the cache .2 s.
"""

import math

from numba import njit

WEIGHT, SQUARES, UPDATED, CREATED = range(4)
LATEST, NEXT_PRUNING = range(2)
ROWS, NEXT_ID = range(2)
OUTLIER, POTENTIAL = range(2)
LISTS, NEXT_BLOCK = range(2)

BLOCK = 16
"""int32 in a cache line."""
SPARE_BLOCKS = 64
"""More than one point can take: a promotion and a move through 27 cells each."""

_COUNT, _NEXT, _IN_BLOCK = 0, BLOCK - 1, BLOCK - 2
_NO_ROW = -1
# A cell is wider than the search is far, by more than the rounding of 1e9 cells away from the origin.
_WIDER = 1.000001
_FARTHEST_CELL = 2.0**52


@njit
def _fade(age, half_life):
    return math.exp2(-age / half_life)


@njit
def _distance2(points, i, centres, row):
    if points.shape[1] == 2:  # 1.3 times as many points/s as the loop
        across = points[i, 0] - centres[row, 0]
        up = points[i, 1] - centres[row, 1]
        return across * across + up * up
    total = 0.0
    for k in range(points.shape[1]):
        gap = points[i, k] - centres[row, k]
        total += gap * gap
    return total


@njit
def _cell(value, reach):
    return math.floor(min(max(value / (reach * _WIDER), -_FARTHEST_CELL), _FARTHEST_CELL))


@njit
def _steps(lists):
    """Odd steps near irrational parts of the table, so that rows of cells spread over it."""
    return math.floor(lists * 0.6180339887) | 1, math.floor(lists * 0.7548776662) | 1


@njit
def _list(points, i, reach, lists):
    """The list of a point's cell. Three dimensions suffice to find what is near in all."""
    first, third = _steps(lists)
    number = _cell(points[i, 0], reach) * first
    if points.shape[1] > 1:
        number += _cell(points[i, 1], reach)
    if points.shape[1] > 2:
        number += _cell(points[i, 2], reach) * third
    return number & (lists - 1)


@njit
def _put(row, kind, block, blocks, grid):
    while blocks[kind, block, _COUNT] == _IN_BLOCK:
        if blocks[kind, block, _NEXT] == 0:
            blocks[kind, block, _NEXT] = grid[NEXT_BLOCK]
            grid[NEXT_BLOCK] += 1
        block = blocks[kind, block, _NEXT]
    blocks[kind, block, _COUNT] += 1
    blocks[kind, block, blocks[kind, block, _COUNT]] = row


@njit
def _take(row, kind, block, blocks):
    place = 1
    while place > blocks[kind, block, _COUNT] or blocks[kind, block, place] != row:
        place += 1
        if place > blocks[kind, block, _COUNT]:
            block = blocks[kind, block, _NEXT]
            place = 1
    last = blocks[kind, block, _COUNT]
    blocks[kind, block, place] = blocks[kind, block, last]
    blocks[kind, block, _COUNT] = last - 1


@njit
def _hang(row, kind, put, dimensions, homes, blocks, grid):
    """Put a row into the lists of the cells around its own, or take it out of them."""
    first, third = _steps(grid[LISTS])
    across, deep = min(dimensions - 1, 1), max(min(dimensions - 2, 1), 0)
    for i in range(-1, 2):
        for j in range(-across, across + 1):
            for k in range(-deep, deep + 1):
                block = (homes[row] + i * first + j + k * third) & (grid[LISTS] - 1)
                if put:
                    _put(row, kind, block, blocks, grid)
                else:
                    _take(row, kind, block, blocks)


@njit(cache=True)
def index(centres, potential, rows, reach, homes, blocks, grid):
    """Make the grid of the first ``rows`` micro-clusters anew."""
    blocks[:, :, _COUNT] = 0
    blocks[:, :, _NEXT] = 0
    grid[NEXT_BLOCK] = grid[LISTS]
    for row in range(rows):
        homes[row] = _list(centres, row, reach, grid[LISTS])
        _hang(row, int(potential[row]), True, centres.shape[1], homes, blocks, grid)


@njit
def _nearest(points, i, kind, centres, potential, rows, reach, max_merge_distance, blocks, grid):
    """Row of the nearest micro-cluster of a kind that is near enough; the older one of two as near."""
    nearest, nearest_far = rows, reach * reach
    block = _list(points, i, reach, grid[LISTS])
    while True:
        for place in range(1, blocks[kind, block, _COUNT] + 1):
            row = blocks[kind, block, place]
            far = _distance2(points, i, centres, row)
            if (far < nearest_far) | ((far == nearest_far) & (row < nearest)):
                nearest, nearest_far = row, far
        block = blocks[kind, block, _NEXT]
        if block == 0:
            break
    if nearest == rows and max_merge_distance > reach:
        nearest_far = max_merge_distance * max_merge_distance
        for row in range(rows):
            if potential[row] == (kind == POTENTIAL):
                far = _distance2(points, i, centres, row)
                if (far < nearest_far) | ((far == nearest_far) & (row < nearest)):
                    nearest, nearest_far = row, far
    return nearest if nearest < rows else _NO_ROW


@njit
def _join(points, i, t, weight, row, epsilon, half_life, centres, sums):
    """Add the point, weighted by its own age, if the radius with it stays within epsilon."""
    total, squares, updated = sums[row, WEIGHT], sums[row, SQUARES], sums[row, UPDATED]
    if t > updated:
        faded = _fade(t - updated, half_life)
        total *= faded
        squares *= faded
        updated = t
    elif t < updated:
        weight *= _fade(updated - t, half_life)
    share = weight / (total + weight)
    squares += total * share * _distance2(points, i, centres, row)
    if squares > epsilon * epsilon * (total + weight):
        return False
    for k in range(points.shape[1]):
        centres[row, k] += share * (points[i, k] - centres[row, k])
    sums[row, WEIGHT] = total + weight
    sums[row, SQUARES] = squares
    sums[row, UPDATED] = updated
    return True


@njit
def _prune(due, beta_mu, half_life, rows, centres, sums, ids, potential):
    """Drop what is too light at the time ``due``; how many rows stay.

    A p-micro-cluster needs the weight beta mu. An o-micro-cluster of the age a needs the paper's
    ``xi = (2^(-lambda (a + T_p)) - 1) / (2^(-lambda T_p) - 1)``, which is ``bm - (bm - 1) 2^(-lambda a)``
    with ``bm = beta mu``, since ``2^(-lambda T_p) = (bm - 1) / bm``.
    """
    kept = 0
    for row in range(rows):
        needed = beta_mu
        if not potential[row]:
            needed -= (beta_mu - 1.0) * _fade(due - sums[row, CREATED], half_life)
        if sums[row, WEIGHT] * _fade(due - sums[row, UPDATED], half_life) >= needed:
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
    clock, counts, centres, sums, ids, potential, homes, blocks, grid,
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
    centres, sums, ids, potential
        (m, d), (m, 4), (m,), (m,): the micro-clusters.
    homes, blocks, grid
        (m,), (2, b, 16), (2,): each one's list, the lists, and how many ``LISTS`` there are.

    Returns
    -------
    int
        The first point that was not learned, n if there is none.
    """
    for i in range(start, len(points)):
        if counts[ROWS] == len(centres) or grid[NEXT_BLOCK] + SPARE_BLOCKS > blocks.shape[1]:
            return i
        t, weight = times[i], weights[i]
        if counts[NEXT_ID] == 0:
            clock[NEXT_PRUNING] = t + period
        clock[LATEST] = max(clock[LATEST], t)
        if clock[LATEST] > clock[NEXT_PRUNING]:
            due = clock[NEXT_PRUNING]
            due += (clock[LATEST] - due) // period * period
            if due >= clock[LATEST]:
                due -= period
            clock[NEXT_PRUNING] = due + period
            kept = _prune(due, beta_mu, half_life, counts[ROWS], centres, sums, ids, potential)
            if kept < counts[ROWS]:
                counts[ROWS] = kept
                index(centres, potential, kept, reach, homes, blocks, grid)

        row = _NO_ROW
        for kind in range(POTENTIAL, OUTLIER - 1, -1):
            near = _nearest(
                points, i, kind, centres, potential, counts[ROWS], reach, max_merge_distance, blocks, grid
            )
            if near != _NO_ROW and _join(points, i, t, weight, near, epsilon, half_life, centres, sums):
                row = near
                break
        if row == _NO_ROW:
            row = counts[ROWS]
            counts[ROWS] += 1
            for k in range(points.shape[1]):
                centres[row, k] = points[i, k]
            sums[row, WEIGHT], sums[row, SQUARES] = weight, 0.0
            sums[row, UPDATED], sums[row, CREATED] = t, t
            ids[row] = counts[NEXT_ID]
            counts[NEXT_ID] += 1
            potential[row] = False
            homes[row] = _list(centres, row, reach, grid[LISTS])
            _hang(row, OUTLIER, True, points.shape[1], homes, blocks, grid)
        else:
            age = clock[LATEST] - sums[row, UPDATED]
            promoted = kind == OUTLIER and sums[row, WEIGHT] * _fade(age, half_life) > beta_mu
            home = _list(centres, row, reach, grid[LISTS])
            if promoted or home != homes[row]:
                _hang(row, kind, False, points.shape[1], homes, blocks, grid)
                homes[row] = home
                kind = POTENTIAL if promoted else kind
                potential[row] = kind == POTENTIAL
                _hang(row, kind, True, points.shape[1], homes, blocks, grid)
        joined[i] = ids[row]
    return len(points)
