"""The paper's DenStream written down literally: cluster features that fade at every step, all pairs searched.

Cao, Ester, Qian, Zhou (2006): definitions 3.3 to 3.5, algorithms 1 and 2, with event time in place of one
point per time unit, a weight per point, and the greatest distance of a merge (infinite in the paper).
"""

import math
from dataclasses import dataclass


@dataclass
class MicroCluster:
    """CF1, CF2 and w, all of them faded to the model's time, and t_o."""

    id: int
    cf1: list[float]
    cf2: list[float]
    w: float
    t_o: float
    potential: bool = False

    def faded(self, by: float) -> None:
        self.cf1 = [value * by for value in self.cf1]
        self.cf2 = [value * by for value in self.cf2]
        self.w *= by

    def with_point(self, p, weight):
        cf1 = [value + weight * x for value, x in zip(self.cf1, p, strict=True)]
        cf2 = [value + weight * x * x for value, x in zip(self.cf2, p, strict=True)]
        return MicroCluster(self.id, cf1, cf2, self.w + weight, self.t_o, self.potential)

    @property
    def centre(self) -> list[float]:
        return [value / self.w for value in self.cf1]

    @property
    def radius(self) -> float:
        squares = sum(self.cf2) / self.w - sum(value**2 for value in self.centre)
        return math.sqrt(max(squares, 0.0))


class LiteralDenStream:
    def __init__(self, epsilon, mu, beta, half_life, max_merge_distance=None):
        self.epsilon, self.mu, self.beta = epsilon, mu, beta
        self.lam = 1 / half_life
        self.farthest = 2 * epsilon if max_merge_distance is None else max_merge_distance
        self.t_p = 1 / self.lam * math.log2(beta * mu / (beta * mu - 1))
        self.micro_clusters: list[MicroCluster] = []
        self.now = self.pruning = None
        self.opened = 0

    def learn(self, p, t, weight=1.0) -> int:
        """The id of the micro-cluster that the point joined or opened."""
        if self.now is None:
            self.now, self.pruning = t, t + self.t_p
        while max(t, self.now) > self.pruning:
            self._pass_to(self.pruning)
            self._prune()
            self.pruning += self.t_p
        self._pass_to(max(t, self.now))
        return self._merge(p, t, weight * 2 ** (-self.lam * (self.now - t)))

    def _pass_to(self, t) -> None:
        for micro_cluster in self.micro_clusters:
            micro_cluster.faded(2 ** (-self.lam * (t - self.now)))
        self.now = t

    def _merge(self, p, t, weight) -> int:
        for potential in (True, False):
            kind = [c for c in self.micro_clusters if c.potential == potential]
            nearest = min(kind, key=lambda c: math.dist(c.centre, p), default=None)
            if nearest is None or math.dist(nearest.centre, p) > self.farthest:
                continue
            merged = nearest.with_point(p, weight)
            if merged.radius <= self.epsilon:
                merged.potential = potential or merged.w > self.beta * self.mu
                self.micro_clusters[self.micro_clusters.index(nearest)] = merged
                return merged.id
        cf1, cf2 = [weight * x for x in p], [weight * x * x for x in p]
        self.micro_clusters.append(MicroCluster(self.opened, cf1, cf2, weight, t))
        self.opened += 1
        return self.opened - 1

    def _prune(self) -> None:
        self.micro_clusters = [c for c in self.micro_clusters if c.w >= self._needed(c)]

    def _needed(self, c: MicroCluster) -> float:
        if c.potential:
            return self.beta * self.mu
        age = self.now - c.t_o
        return (2 ** (-self.lam * (age + self.t_p)) - 1) / (2 ** (-self.lam * self.t_p) - 1)
