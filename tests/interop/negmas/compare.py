"""Nash points and Pareto frontiers of random negotiations, computed by negmas and compared.

compare.py PROBLEMS: a file that `tests/it/negotiation.rs` writes, with ideals, bounds, saliences
and grids of two parties and the answers found there. The utilities are computed anew from the
former by negmas, which knows nothing of the latter.
"""

import json
import sys

from negmas.outcomes import make_issue, make_os
from negmas.preferences import LinearAdditiveUtilityFunction
from negmas.preferences.ops import nash_points, pareto_frontier
from negmas.preferences.value_fun import TableFun

TOLERANCE = 1e-9


def values_of(low, high, points):
    last = points - 1
    return [high if at == last else low + (high - low) * at / last for at in range(points)]


def value(terms, issue, x):
    ideal = terms["ideal"][issue]
    bound = terms["maximum" if x > ideal else "minimum"][issue]
    return 1.0 if x == ideal else 1.0 - abs(x - ideal) / abs(bound - ideal)


def utility(terms, grid, space):
    # The names of outcomes are numbers of grid points, so that negmas compares no fractions.
    tables = [
        TableFun({at: value(terms, issue, x) for at, x in enumerate(values_of(*cut))})
        for issue, cut in enumerate(grid)
    ]
    whole = sum(terms["salience"])
    weights = [salience / whole for salience in terms["salience"]]
    return LinearAdditiveUtilityFunction(
        values=tables, weights=weights, outcome_space=space, reserved_value=0.0
    )


def distinct(points):
    """The frontier from the best for the first party, without what rounding alone tells apart."""
    kept = []
    for point in sorted(points, key=lambda point: (-point[0], -point[1])):
        if kept and point[1] <= kept[-1][1] + TOLERANCE:
            continue
        while kept and kept[-1][0] <= point[0] + TOLERANCE:
            kept.pop()
        kept.append(point)
    return kept


def same(one, other):
    return len(one) == len(other) and all(
        abs(x - y) <= TOLERANCE for a, b in zip(one, other) for x, y in zip(a, b)
    )


def agrees(problem):
    grid = problem["grid"]
    issues = [make_issue(list(range(cut[2])), name=str(at)) for at, cut in enumerate(grid)]
    space = make_os(issues)
    ufuns = [utility(terms, grid, space) for terms in problem["terms"]]
    outcomes = list(space.enumerate_or_sample())
    frontier, _ = pareto_frontier(ufuns, outcomes=outcomes)
    nash = nash_points(ufuns, frontier, outcomes=outcomes, ranges=[(0.0, 1.0)] * 2)
    # Several outcomes may share the greatest product; any of them is right.
    best = max((a * b for a, b in frontier), default=0.0)
    ours = problem["nash"]
    found = any(same([ours], [point]) for point, _ in nash)
    found = found or abs(ours[0] * ours[1] - best) <= TOLERANCE
    return found and same(distinct(frontier), distinct(problem["frontier"]))


def main(path):
    with open(path, encoding="utf-8") as file:
        problems = json.load(file)
    wrong = [at for at, problem in enumerate(problems) if not agrees(problem)]
    print(f"{len(problems) - len(wrong)} of {len(problems)} negotiations agree with negmas")
    for at in wrong:
        print(f"  problem {at}: {json.dumps(problems[at])}")
    return 1 if wrong or len(problems) != 200 else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
