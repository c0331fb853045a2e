#!/usr/bin/env python3
"""The map of docs/architecture.md: every source file with the sentence that it opens with.

    .ci/map.py            writes the section "The map" anew
    .ci/map.py --check    fails if it is out of date, or a file opens with no sentence
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs/architecture.md"
HEADING = "## The map\n"
# In the order in which someone reads them for the first time.
CRATES = {
    "fixtures": "fixtures/src",
    "reference": "reference/src",
    "gpu": "gpu/src",
    "tch-trace": "gpu/trace/src",
    "train": "gpu/train/src",
    "slow": "conformance/slow/src",
    "mistakes": "conformance/mistakes/src",
    "conformance": "conformance/src",
    "paper": "conformance/paper/src",
}
INTRODUCTION = """
Every source file with the sentence that it opens with; a folder stands under the file that opens
it. Tests lie in each crate's `tests/`. `.ci/map.py` writes this section.
"""


def opening(path):
    """The first sentence of a file's documentation."""
    words = []
    for line in path.read_text().splitlines():
        if not line.startswith("//!") or not line[3:].strip():
            break
        words.append(line[3:].strip())
    # Not within `code.rs`, before a small letter or after "et al".
    sentence = re.match(r".*?(?<!\bal)[.?](?=\s+[^a-z\s]|$)", " ".join(words))
    return sentence and re.sub(r"\[(`[^`]+`)\](\([^)]*\))?", r"\1", sentence[0])


def opener(folder):
    """The file that opens a folder: its `mod.rs`, or the file of its name beside it."""
    inner, beside = folder / "mod.rs", folder.with_suffix(".rs")
    return inner if inner.exists() else beside if beside.exists() else None


def entries(folder, depth, prefix=""):
    """The lines of a folder: files first, then folders, each by name."""
    folders = sorted(path for path in folder.iterdir() if path.is_dir() and any(path.rglob("*.rs")))
    opened = {opener(path) for path in folders}
    files = sorted(folder.glob("*.rs"), key=lambda path: (path.stem not in ("lib", "main"), path.name))
    for path in files:
        if path not in opened and path.name not in ("mod.rs", "tests.rs", "testing.rs"):
            yield depth, f"`{prefix}{path.name}`", path
    for path in folders:
        if first := opener(path):
            yield depth, f"`{prefix}{path.name}/`", first
            yield from entries(path, depth + 1)
        else:
            yield from entries(path, depth, f"{prefix}{path.name}/")


def the_map():
    lines, silent = [HEADING, INTRODUCTION], []
    for crate, source in CRATES.items():
        lines.append(f"\n### `{crate}`, in `{source}`\n\n")
        for depth, name, path in entries(ROOT / source, 0):
            sentence = opening(path)
            if not sentence:
                silent.append(path.relative_to(ROOT))
            lines.append(f"{'  ' * depth}- {name}: {sentence}\n")
    if silent:
        sys.exit("files that open with no sentence: " + ", ".join(map(str, silent)))
    return "".join(lines)


def main():
    page = PAGE.read_text()
    before, found, _ = page.partition(HEADING)
    if not found:
        sys.exit(f"{PAGE} has no line {HEADING!r}")
    anew = before + the_map()
    if "--check" not in sys.argv[1:]:
        PAGE.write_text(anew)
    elif anew != page:
        sys.exit(f"the map in {PAGE} is out of date: run .ci/map.py")


main()
