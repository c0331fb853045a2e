"""Fails where files of a crate take names from each other in a circle: python3 .ci/circles

A file that only declares and re-exports is never part of a circle: what is taken through it counts
as taken from the file that defines it. What is compiled for tests alone is left out. A file that
no target compiles is a fault too, for whoever forgot its `mod` believes that its tests run.
"""

import json
import subprocess
import sys
from pathlib import Path

from graph import arrows, circles
from modules import read_crate


def main():
    faults = [fault for package in packages() for fault in (*knots(package), *orphans(package))]
    print(*(faults or ["no circles"]), sep="\n")
    sys.exit(bool(faults))


def packages():
    command = ["cargo", "metadata", "--format-version", "1", "--no-deps", "--offline"]
    return json.loads(subprocess.check_output(command))["packages"]


def knots(package):
    """The circles of the package's library and programs."""
    for target in package["targets"]:
        if {"lib", "bin", "proc-macro"} & set(target["kind"]):
            for circle in circles(arrows(read_crate(Path(target["src_path"])))):
                yield "these files import each other in a circle:"
                for file, other, names in circle:
                    yield f"  {short(file)} takes {', '.join(names)} from {short(other)}"


def orphans(package):
    """The files that no target compiles, because no `mod` names them."""
    reached = set()
    for target in package["targets"]:
        crate = read_crate(Path(target["src_path"]), with_tests=True)
        reached.update(module.file.resolve() for module in crate.all())
    folder = Path(package["manifest_path"]).parent
    for part in ("src", "tests", "benches"):
        for file in sorted(folder.glob(f"{part}/**/*.rs")):
            if file.resolve() not in reached:
                yield f"no target compiles {short(file)}"


def short(file):
    return file.resolve().relative_to(Path.cwd())


if __name__ == "__main__":
    main()
