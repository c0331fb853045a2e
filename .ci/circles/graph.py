"""Which file takes names from which, and where that goes round in a circle."""

from names import uses


def arrows(crate):
    """By file of the crate, the files that it takes names from, each with these names."""
    found = {module.file: {} for module in crate.all()}
    for module in crate.all():
        for file, name in uses(module):
            if file != module.file:
                found[module.file].setdefault(file, set()).add(name)
    return found


def circles(found):
    """For every knot of files one shortest way round, as arrows: a file, the next, the names."""
    return [_way_round(found, knot) for knot in _knots(found)]


def _knots(found):
    """Groups of files that reach each other: Tarjan's strongly connected components."""
    number, low, stack, knots = {}, {}, [], []

    def visit(file):
        number[file] = low[file] = len(number)
        stack.append(file)
        for target in found[file]:
            if target not in number:
                visit(target)
                low[file] = min(low[file], low[target])
            elif target in stack:
                low[file] = min(low[file], number[target])
        if low[file] == number[file]:
            knot = stack[stack.index(file) :]
            del stack[stack.index(file) :]
            if len(knot) > 1:
                knots.append(set(knot))

    for file in found:
        if file not in number:
            visit(file)
    return knots


def _way_round(found, knot):
    ways = (_shortest(found, knot, file) for file in sorted(knot))
    files = min(ways, key=len)
    return [(a, b, sorted(found[a][b])) for a, b in zip(files, files[1:] + files[:1])]


def _shortest(found, knot, start):
    """Breadth first from a file back to itself, within the knot."""
    ways, reached = [[start]], {start}
    for way in ways:
        for target in sorted(knot & found[way[-1]].keys()):
            if target == start:
                return way
            if target not in reached:
                reached.add(target)
                ways.append([*way, target])
    return []
