"""Deliberate bugs: one edit of the source each, and the model with that edit, uncompiled."""

import sys
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import airtraffic

FOLDER = Path(airtraffic.__path__[0])
MODULES = ("micro_clusters", "denstream_arguments", "denstream_kernel", "denstream_state", "denstream")
UNCOMPILED = "def njit(function=None, **options):\n    return function or (lambda inner: inner)\n"


@dataclass(frozen=True)
class Bug:
    """An edit: ``right``, which stands exactly once in the module, becomes ``wrong``."""

    name: str
    module: str
    right: str
    wrong: str


def model_with(bug: Bug | None, monkeypatch):
    """DenStream made from the source with the bug, or without one, and without numba."""
    package = ModuleType("broken")
    monkeypatch.setitem(sys.modules, "broken", package)
    for name in MODULES:
        source = (FOLDER / f"{name}.py").read_text()
        if bug and bug.module == name:
            assert source.count(bug.right) == 1, f"{bug.name}: {bug.right!r} is not there exactly once"
            source = source.replace(bug.right, bug.wrong)
        source = source.replace("from airtraffic", "from broken").replace(
            "from numba import njit\n", UNCOMPILED
        )
        module = ModuleType(f"broken.{name}")
        monkeypatch.setitem(sys.modules, module.__name__, module)
        setattr(package, name, module)
        exec(compile(source, f"{name}.py", "exec"), vars(module))
    return package.denstream.DenStream


KERNEL, STATE, MODEL, OFFLINE = "denstream_kernel", "denstream_state", "denstream", "micro_clusters"
BUGS = (
    # Those of river.cluster.DenStream 0.26.1.
    Bug(
        "norm for sum",
        KERNEL,
        "squares += total * share * _distance2(points, i, centres, row)",
        "squares += total * share * math.sqrt(sum((points[i] - centres[row]) ** 4))",
    ),
    Bug("ln for log2", MODEL, " / math.log(2)", ""),
    Bug("no fading", KERNEL, "return math.exp2(-age / half_life)", "return 1.0"),
    Bug("no fading on insert", KERNEL, "        total *= faded\n        squares *= faded\n", ""),
    Bug("overwritten keys", KERNEL, "ids[row] = counts[NEXT_ID]", "ids[row] = counts[ROWS] - 1"),
    Bug(
        "one-hop expansion",
        OFFLINE,
        "component = connected_components(graph, directed=False)[1][core]",
        "component = np.array([min([i, *b[both & (a == i)], *a[both & (b == i)]]) for i in range(len(core))])[core]",
    ),
    Bug(
        "prediction learns",
        MODEL,
        "        clusters, centres = self._clusters(self.latest), self._state.centres",
        "        self._learn(points, np.full(len(points), self.latest), np.ones(len(points)))\n"
        "        clusters, centres = self._clusters(self.latest), self._state.centres",
    ),
    Bug(
        "time counts points",
        KERNEL,
        "t, weight = times[i], weights[i]",
        "t, weight = float(counts[NEXT_ID]), weights[i]",
    ),
    Bug("no noise", MODEL, "clusters, points, 2 * self.epsilon)", "clusters, points, 1e9)"),
    # The online step.
    Bug("weights ignored", KERNEL, "t, weight = times[i], weights[i]", "t, weight = times[i], 1.0"),
    Bug("late points are new", KERNEL, "weight *= _fade(updated - t, half_life)", "weight *= 1.0"),
    Bug("late points turn the clock back", KERNEL, "max(clock[LATEST], t)", "t"),
    Bug(
        "radius without the point",
        KERNEL,
        "if squares > epsilon * epsilon * (total + weight):",
        "if sums[row, SQUARES] > epsilon * epsilon * sums[row, WEIGHT]:",
    ),
    Bug(
        "outliers first",
        KERNEL,
        "range(POTENTIAL, OUTLIER - 1, -1)",
        "range(OUTLIER, POTENTIAL + 1)",
    ),
    Bug("promotion at mu", MODEL, "            self.beta * self.mu,\n", "            self.mu,\n"),
    Bug(
        "promotion by the weight at the last point",
        KERNEL,
        "sums[row, WEIGHT] * _fade(age, half_life) > beta_mu",
        "sums[row, WEIGHT] > beta_mu",
    ),
    Bug("no promotion", KERNEL, "kind == OUTLIER and sums", "kind > POTENTIAL and sums"),
    Bug("only the own cell", KERNEL, "for i in range(-1, 2):", "for i in range(1):"),
    Bug(
        "the grid stays as it was", KERNEL, "if promoted or home != homes[row]:", "if promoted:"
    ),
    Bug("no guard", MODEL, "return 2.0 * self.epsilon if self.max_merge_distance is None else", "return math.inf if self.max_merge_distance is None else"),
    Bug("a guard at infinity too", KERNEL, "if nearest == rows and max_merge_distance > reach:", "if False:"),
    Bug("a greatest distance below 2 epsilon ignored", MODEL, "State(min(2.0 * epsilon, self._max_merge_distance))", "State(2.0 * epsilon)"),
    Bug("the younger of two as near", KERNEL, " & (row < nearest)):\n                nearest, nearest_far = row, far\n        block", " & (row > nearest)):\n                nearest, nearest_far = row, far\n        block"),
    Bug("whichever of two as near is found first", KERNEL, "(far < nearest_far) | ((far == nearest_far) & (row < nearest)):\n                nearest, nearest_far = row, far\n        block", "far < nearest_far:\n                nearest, nearest_far = row, far\n        block"),
    Bug("weights by name ignored", MODEL, "checked_points(point, [t], [w], len(names))", "checked_points(point, [t], [1.0], len(names))"),
    # Pruning.
    Bug("pruning at a point's own time", KERNEL, "            if due >= clock[LATEST]:\n                due -= period\n", ""),
    Bug("pruning at the point's time", KERNEL, "clock[NEXT_PRUNING] = due + period", "due = clock[LATEST]"),
    Bug("pruning once", KERNEL, "clock[NEXT_PRUNING] = due + period", "clock[NEXT_PRUNING] = math.inf"),
    Bug("outliers pruned like potential ones", KERNEL, "if not potential[row]:", "if False:"),
    Bug("outliers' age from their last point", KERNEL, "due - sums[row, CREATED]", "due - sums[row, UPDATED]"),
    Bug("a pruned one's id stays", KERNEL, "            ids[kept] = ids[row]\n", ""),
    # The offline step.
    Bug("radius for ball radius", OFFLINE, "math.sqrt((dimensions + 2) / dimensions)", "1.0"),
    Bug("ball radius of other dimensions", OFFLINE, "(dimensions + 2) / dimensions", "(dimensions + 3) / dimensions"),
    Bug("a core weighs mu", OFFLINE, "core = weights > mu", "core = weights >= mu"),
    Bug("a core weighs beta mu", MODEL, "            self.mu,\n            self.link,", "            self.beta * self.mu,\n            self.link,"),
    Bug("the first core for the nearest", OFFLINE, "np.lexsort((centre, distance[one], border))", "np.lexsort((distance[one], centre, border))"),
    Bug("a border joins a border", OFFLINE, "one = core[a] != core[b]", "one = ~(core[a] & core[b])"),
    Bug("clusters of a later snapshot as of now", MODEL, '"cluster": self._clusters(t)', '"cluster": self._clusters(latest or 0.0)'),
    Bug("an outlier belongs to a cluster", MODEL, "state, potential = self._state, self._state.potential", "state, potential = self._state, self._state.potential | True"),
    # What is kept.
    Bug("fading by e", STATE, "np.exp2(-(t - self.sums(kernel.UPDATED)) / half_life)", "np.exp(-(t - self.sums(kernel.UPDATED)) / half_life)"),
    Bug("ids start anew after a restart", STATE, 'table.num_rows, table["next_id"][0].as_py()', "table.num_rows, table.num_rows"),
    Bug("a restart prunes later", STATE, 'table["next_pruning"][0].as_py()', 'table["t"][0].as_py() + 1'),
    Bug("a batch restarts the clock", MODEL, "        return self._state.learn(\n", "        self._state.clock[1] = times[0] + self.pruning_period\n        return self._state.learn(\n"),
)  # fmt: skip
