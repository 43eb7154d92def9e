"""How vehicles drive: one step of all of them, a tenth of a second at a time.

Speeds follow the intelligent driver model (Treiber, Hennecke and Helbing 2000, Physical Review E 62:1805). Who comes to
a junction stops at its line unless let in: its light is green, nobody whose way crosses theirs is let in, nobody on
foot will be on the crossings they pass for as long as they may need, and there is room behind them. Who is let in and
could no longer stop gently keeps the right.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from domainaug.kernels.jit import compiled

__all__ = ["CAST", "DT", "GENTLE", "ROUTES", "STATE", "advance"]

DT: Final = 0.1
"""Seconds of a step."""

GENTLE: Final = 4.0
"""The hardest that somebody brakes for a light that changes, m/s2."""

STATE: Final = ("on", "trip", "s", "speed", "acceleration", "let_in", "clear_at", "asked_at", "back_at")
"""Columns of the state of vehicles; s is where their front is."""

CAST: Final = ("length", "wish", "headway", "acceleration", "braking")
"""Columns of what they are like."""

ROUTES: Final = (
    "lane",
    "out",
    "way",
    "group",
    "stop",
    "leaves",
    "clear",
    "length",
    "slowest",
    "first",
    "second",
    "step",
)
"""Columns of routes; first and second are the crossings they pass."""

_ON, _TRIP, _S, _V, _A, _IN, _CLEAR_AT, _ASKED, _BACK = range(9)
_LENGTH, _WISH, _HEADWAY, _ACCELERATION, _BRAKING = range(5)
_LANE, _OUT, _WAY, _GROUP, _STOP, _LEAVES, _CLEAR, _END, _SLOWEST, _FIRST, _SECOND, _STEP = range(12)
_STANDING = 2.0  # meters between those who stand
_HARDEST = 7.0  # m/s2


@compiled
def _ahead(i: Any, route: Any, state: Any, cast: Any, of: Any, routes: Any) -> Any:
    """Return the gap to the next vehicle on the way of vehicle i, and which it is; -1 where there is none."""
    mine, s, best, who = routes[route], state[i, _S], np.inf, -1
    for j in range(len(state)):
        if j == i or state[j, _ON] == 0:
            continue
        other = routes[of[j]]
        rear = state[j, _S] - cast[j, _LENGTH]
        if other[_LANE] == mine[_LANE]:
            if state[j, _S] >= s and (other[_WAY] == mine[_WAY] or rear < other[_CLEAR]) and rear - s < best:
                best, who = rear - s, j
        elif mine[_OUT] >= 0 and other[_OUT] == mine[_OUT] and state[j, _S] > other[_LEAVES]:
            gap = (mine[_END] - s) - (other[_END] - state[j, _S]) - cast[j, _LENGTH]
            if other[_END] - state[j, _S] < mine[_END] - s and gap < best:
                best, who = gap, j
    return best, who


@compiled
def _toward(v: Any, wish: Any, gap: Any, other: Any, one: Any, standing: Any) -> Any:
    """Return the acceleration of the intelligent driver model behind something at a speed."""
    free = max(one[_ACCELERATION] * (1.0 - (v / max(wish, 0.1)) ** 4), -3.0)
    root = 2.0 * np.sqrt(one[_ACCELERATION] * one[_BRAKING])
    want = standing + max(0.0, v * one[_HEADWAY] + v * (v - other) / root)
    return free - one[_ACCELERATION] * (want / max(gap, 0.05)) ** 2


@compiled
def _seconds(away: Any, v: Any, cruise: Any, gain: Any) -> Any:
    """Return how long somebody needs over a distance, who speeds up by `gain` m/s2 to a speed."""
    if v >= cruise:
        return away / cruise
    gained = (cruise * cruise - v * v) / (2.0 * gain)
    if gained >= away:
        return (np.sqrt(v * v + 2.0 * gain * away) - v) / gain
    return (cruise - v) / gain + (away - gained) / cruise


@compiled
def _need(i: Any, state: Any, cast: Any, of: Any, routes: Any) -> Any:
    """Return how long vehicle i may need until it has left the junction, with something over."""
    mine = routes[of[i]]
    away, cruise = mine[_CLEAR] + cast[i, _LENGTH] - state[i, _S], min(mine[_SLOWEST], 0.9 * cast[i, _WISH])
    return 1.15 * _seconds(away, state[i, _V], cruise, 0.6 * cast[i, _ACCELERATION]) + 1.0


@compiled
def _people_gone(i: Any, k: Any, need: Any, state: Any, cast: Any, of: Any, routes: Any, people: Any) -> Any:
    """Return whether nobody walks on the crossings of vehicle i's way while it may be there."""
    mine = routes[of[i]]
    last = k + int(need / DT) + 1
    if mine[_FIRST] >= 0 and _walked(int(mine[_FIRST]), k, last, people):
        return False
    if mine[_SECOND] < 0:
        return True
    fastest = _seconds(
        mine[_LEAVES] - state[i, _S], state[i, _V], max(cast[i, _WISH], state[i, _V]), cast[i, _ACCELERATION]
    )
    return not _walked(int(mine[_SECOND]), k + int(max(fastest - 0.5, 0.0) / DT), last, people)


@compiled
def _walked(zebra: Any, first: Any, last: Any, people: Any) -> Any:
    """Return whether somebody is on a crossing in any of the steps from `first` to `last`."""
    turns = people.shape[1] - 1
    a, count = first % turns, min(last - first + 1, turns)
    b = a + count
    if b <= turns:
        return people[zebra, b] > people[zebra, a]
    return people[zebra, turns] > people[zebra, a] or people[zebra, b - turns] > people[zebra, 0]


@compiled
def _room(i: Any, route: Any, state: Any, cast: Any, of: Any, routes: Any) -> Any:
    """Return whether there is room for a vehicle behind its junction."""
    mine = routes[route]
    for j in range(len(state)):
        if j == i or state[j, _ON] == 0:
            continue
        other = routes[of[j]]
        if other[_OUT] == mine[_OUT] and state[j, _S] > other[_LEAVES] and state[j, _V] < 2.0:
            beyond = (mine[_END] - mine[_CLEAR]) - (other[_END] - state[j, _S]) - cast[j, _LENGTH]
            if beyond < cast[i, _LENGTH] + _STANDING:
                return False
    return True


@compiled
def _in_the_way(i: Any, k: Any, state: Any, cast: Any, of: Any, routes: Any, conflicts: Any, people: Any) -> Any:
    """Return whether somebody whose way crosses that of vehicle i is let in, or has waited long and is next."""
    mine = routes[of[i]]
    for j in range(len(state)):
        other = routes[of[j]]
        if j == i or state[j, _ON] == 0 or other[_WAY] < 0 or not conflicts[int(mine[_WAY]), int(other[_WAY])]:
            continue
        if state[j, _IN] > 0:
            return True
        waits = state[j, _V] < 0.5 and other[_STOP] - state[j, _S] < 3.0 and k * DT - state[j, _ASKED] > 10.0
        if waits and state[j, _ASKED] < state[i, _ASKED] and other[_GROUP] == mine[_GROUP]:
            need = _need(j, state, cast, of, routes)
            if _people_gone(j, k, need, state, cast, of, routes, people) and _room(j, of[j], state, cast, of, routes):
                return True
    return False


@compiled
def _may_go(i: Any, k: Any, who: Any, state: Any, cast: Any, of: Any, routes: Any, conflicts: Any, people: Any) -> Any:
    """Return until when vehicle i may need if it is let in now, or infinity where it may not be; its light is green."""
    mine, time = routes[of[i]], k * DT
    need = _need(i, state, cast, of, routes)
    if who >= 0 and routes[of[who], _LANE] == mine[_LANE]:
        if state[who, _S] < routes[of[who], _STOP] and state[who, _IN] == 0:
            return np.inf  # somebody stands before it
        if state[who, _IN] > 0:
            need = max(need, state[who, _CLEAR_AT] - time + 3.0)
    if not _room(i, of[i], state, cast, of, routes) or not _people_gone(i, k, need, state, cast, of, routes, people):
        return np.inf
    if _in_the_way(i, k, state, cast, of, routes, conflicts, people):
        return np.inf
    return time + need


@compiled
def _let_in(k: Any, state: Any, cast: Any, of: Any, routes: Any, conflicts: Any, lights: Any, people: Any) -> None:
    """Let vehicles into the junction, those first who came first, and out of it."""
    for i in np.argsort(state[:, _ASKED]):
        if state[i, _ON] == 0 or routes[of[i], _WAY] < 0:
            continue
        mine, v = routes[of[i]], state[i, _V]
        away = mine[_STOP] - state[i, _S]
        if away < 0:
            if state[i, _S] - cast[i, _LENGTH] > mine[_CLEAR]:
                state[i, _IN], state[i, _ASKED] = 0.0, np.inf
        elif away > 15.0 + v * v / 3.0:
            state[i, _IN], state[i, _ASKED] = 0.0, np.inf
        elif state[i, _IN] == 0 or away >= v * v / (2.0 * GENTLE):
            state[i, _IN], state[i, _ASKED] = 0.0, min(state[i, _ASKED], k * DT)
            if lights[k % len(lights), int(mine[_GROUP])] > 0:
                _, who = _ahead(i, of[i], state, cast, of, routes)
                until = _may_go(i, k, who, state, cast, of, routes, conflicts, people)
                if until < np.inf:
                    state[i, _IN], state[i, _CLEAR_AT] = 1.0, until


@compiled
def _enter(i: Any, state: Any, cast: Any, trips: Any, of: Any, routes: Any) -> None:
    """Let a vehicle come back on its next trip where its lane begins, if there is room; the first makes room."""
    trip = int(state[i, _TRIP]) + 1
    route = trips[i, trip % trips.shape[1]]
    gap, speed = np.inf, np.inf
    for j in range(len(state)):
        if j != i and state[j, _ON] > 0 and routes[of[j], _LANE] == routes[route, _LANE]:
            there = state[j, _S] - cast[j, _LENGTH]
            if i == 0 and there - cast[i, _LENGTH] < _STANDING + 1.6 * cast[i, _WISH]:
                state[j, _ON], state[j, _BACK] = 0.0, state[j, _BACK] + 4.0  # who has the sensors is always there
            elif there < gap:
                gap, speed = there, state[j, _V]
    v = min(cast[i, _WISH], speed + 1.0)
    if gap - cast[i, _LENGTH] < _STANDING + 1.6 * v:
        return
    state[i, _ON], state[i, _TRIP], state[i, _S], state[i, _V], state[i, _A] = 1.0, trip, cast[i, _LENGTH], v, 0.0
    state[i, _IN], state[i, _CLEAR_AT], state[i, _ASKED] = 0.0, 0.0, np.inf


@compiled
def advance(
    k: Any,
    steps: Any,
    state: Any,
    cast: Any,
    trips: Any,
    pauses: Any,
    routes: Any,
    limits: Any,
    conflicts: Any,
    lights: Any,
    people: Any,
) -> None:
    """Move all vehicles on, in place.

    Args:
        k: The step that `state` is of.
        steps: How many to go.
        state: (vehicles, 9), as `STATE` names its columns.
        cast: (vehicles, 5), as `CAST` does.
        trips: (vehicles, n) the routes that each drives one after the other.
        pauses: (vehicles, n) seconds that each is away before them.
        routes: (routes, 12), as `ROUTES` names its columns.
        limits: (routes, n) how fast one may be along each.
        conflicts: (ways, ways) which cannot be driven at once.
        lights: (steps of a cycle, 2) 1 where a group has green.
        people: (crossings, steps of their timetable + 1) in how many of the steps before each somebody walks there.
    """
    many = trips.shape[1]
    of = np.empty(len(state), np.int64)
    for now in range(k, k + steps):
        for i in range(len(state)):
            of[i] = trips[i, int(state[i, _TRIP]) % many]
        _let_in(now, state, cast, of, routes, conflicts, lights, people)
        for i in range(len(state)):
            if state[i, _ON] > 0:
                state[i, _A] = _wanted(i, state, cast, of, routes, limits)
        for i in range(len(state)):
            if state[i, _ON] > 0:
                v = max(state[i, _V] + state[i, _A] * DT, 0.0)
                moved = (state[i, _V] + v) / 2.0 * DT
                state[i, _A] = (v - state[i, _V]) / DT
                state[i, _S] += moved
                state[i, _V] = v
        for i in range(len(state)):
            ended = state[i, _ON] > 0 and state[i, _S] >= routes[of[i], _END]
            if ended:
                trip = (int(state[i, _TRIP]) + 1) % many
                state[i, _ON], state[i, _BACK] = 0.0, (now + 1) * DT + pauses[i, trip]
            if state[i, _ON] == 0 and (now + 1) * DT >= state[i, _BACK]:
                _enter(i, state, cast, trips, of, routes)
                of[i] = trips[i, int(state[i, _TRIP]) % many]


@compiled
def _wanted(i: Any, state: Any, cast: Any, of: Any, routes: Any, limits: Any) -> Any:
    """Return how vehicle i speeds up or brakes."""
    route, one, s, v = of[i], cast[i], state[i, _S], state[i, _V]
    mine = routes[route]
    wish = min(one[_WISH], limits[route, min(int(s / mine[_STEP]), limits.shape[1] - 1)])
    gap, who = _ahead(i, route, state, cast, of, routes)
    best = _toward(v, wish, gap, state[who, _V] if who >= 0 else v, one, _STANDING)
    away = mine[_STOP] - s
    if mine[_WAY] >= 0 and away >= 0 and state[i, _IN] == 0 and away < 120.0:
        best = min(best, _before(v, wish, away, one))
    return min(max(best, -_HARDEST), one[_ACCELERATION])


@compiled
def _before(v: Any, wish: Any, away: Any, one: Any) -> Any:
    """Return the acceleration before a line that is not passed: the model's, but no harder than is needed."""
    left = max(away - 0.3, 0.02)
    hardest = max(2.0, 1.05 * v * v / (2.0 * left))
    return max(_toward(v, wish, left, 0.0, one, 0.5), -hardest)
