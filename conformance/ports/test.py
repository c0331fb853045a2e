#!/usr/bin/env python3
"""Runs the example ports over the corpus, and then each with one mistake.

    python3 conformance/ports/test.py CONFORMANCE_PROGRAM

Every case that a port does not decline must conform, and the verdict on every mistake of
mistakes.toml must name it. NumPy and PyTorch come from Debian's packages; JAX is installed with pip
into a virtual environment under ADAACT_CACHE (default: ~/.cache/adaact). As root, this installs
what is missing; otherwise it says what to type.
"""

import json
import os
import shlex
import shutil
import subprocess
import sys
import time
import tomllib
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

HERE = Path(__file__).resolve().parent
PLACES = [
    HERE.parents[1] / "fixtures" / "corpus",
    HERE.parent / "corpus",
]  # the last: in the archive
CORPUS = next(place for place in PLACES if place.is_dir())
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "adaact"
JAX = "jax==0.10.2"
VENV = Path(os.environ.get("ADAACT_CACHE", CACHE)) / f"venv-{JAX}"
NEEDS = {"numpy_port.py": "numpy", "torch_port.py": "torch", "jax_port.py": "jax"}
PACKAGES = {"numpy": "python3-numpy", "torch": "python3-torch", "ensurepip": "python3-venv"}


@dataclass
class Run:
    """Some of the cases, in one mode, and how many of them must conform at least."""

    port: str
    only: str
    mode: str
    least: int
    options: str = ""


# Every port runs whole trajectories. A forced run starts the port again at every step, for which
# only NumPy is quick enough; the others show on one case that they start from a given state. JAX
# compiles every case, so it gets those with convolutions, where it differs most from NumPy.
RUNS = [
    Run("numpy_port.py", "*", "free", 43),
    Run("numpy_port.py", "*", "forced", 43),
    Run("torch_port.py", "*", "free", 93),
    Run("torch_port.py", "tokens*", "free", 9, "--float32"),
    Run("torch_port.py", "mid-run", "forced", 1),
    Run("jax_port.py", "conv-*", "free", 19),
    Run("jax_port.py", "mid-run", "forced", 1),
]


def main(judge):
    start = time.monotonic()
    pythons = interpreters()
    mistakes = tomllib.loads((HERE / "mistakes.toml").read_text())["mistake"]
    good = [replay(judge, pythons[run.port], run) for run in RUNS]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        good += pool.map(lambda it: is_named(judge, pythons[it["port"]], it), mistakes)
    print(f"{len(good)} checks, {good.count(False)} failed, in {time.monotonic() - start:.0f} s")
    return 0 if all(good) else 1


def replay(judge, python, run):
    """Whether every case that the port does not decline conforms."""
    port, known = HERE / run.port, HERE / run.port.replace(".py", ".known.txt")
    command = [judge, "run", "--subject", shlex.join([python, str(port), *run.options.split()])]
    command += ["--only", run.only, "--mode", run.mode, "--timeout", "300"]  # a machine may be busy
    if known.exists():
        command += ["--expected-failures", known]
    with TemporaryDirectory() as scratch:
        report = Path(scratch) / "report.json"
        command += ["--json", report]
        ended = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
        findings = json.loads(report.read_text())["findings"] if report.exists() else []
    found = Counter(finding["verdict"] for finding in findings)
    good = ended.returncode == 0 and found["conforms"] >= run.least
    counts = ", ".join(f"{count} {verdict}" for verdict, count in found.items())
    what = f"{run.port} {run.options}".strip()
    say(good, f"{what}, {run.mode}, {run.only}: {counts}", ended.stdout)
    return good


def is_named(judge, python, mistake):
    """Whether the verdict on the port with that mistake names it, or the stage."""
    source = (HERE / mistake["file"]).read_text()
    wanted = mistake.get("name"), mistake.get("stage")
    what = f"{mistake['file']} with {wanted[0] or 'wrong ' + wanted[1]} in {mistake['case']}"
    if source.count(mistake["right"]) != 1:
        say(False, f"{what}: what is right stands {source.count(mistake['right'])} times in it")
        return False
    (case,) = CORPUS.glob(f"*/{mistake['case']}.case.json")
    with TemporaryDirectory() as scratch:
        copy, trace = Path(scratch) / "ports", Path(scratch) / "trace.json"
        shutil.copytree(HERE, copy)
        (copy / mistake["file"]).write_text(source.replace(mistake["right"], mistake["wrong"]))
        subprocess.run([python, copy / mistake["port"], case, trace], check=True)
        command = [judge, "check", "--case", case, "--trace", trace, "--format", "json"]
        checked = subprocess.run(command, stdout=subprocess.PIPE, check=False)
    verdict = json.loads(checked.stdout)
    named = [found["name"] for found in (verdict["looks_like"] or {"mutants": []})["mutants"]]
    first = (verdict["divergence"] or {"stage": "nothing"})["stage"]
    good = named == [wanted[0]] if wanted[0] else (named, first) == ([], wanted[1])
    looks = ", ".join(named) or "nothing known"
    say(good, f"{what}: {verdict['verdict']} at {first}, looks like {looks}")
    return good


def say(good, what, more=""):
    print(f"{'ok    ' if good else 'FAILED'} {what}", flush=True)
    if not good:
        print(more, end="", flush=True)


# Which Python runs which port.


def interpreters():
    """For every port a Python with what it imports; what is missing everywhere is installed."""
    missing = [module for module in ("numpy", "torch") if not python_with(module)]
    if not (python_with("jax") or python_with("ensurepip")):  # Debian's Python lacks it
        missing.append("ensurepip")
    if missing:
        install([PACKAGES[module] for module in missing])
    if not python_with("jax"):
        subprocess.run([python_with("ensurepip"), "-m", "venv", "--clear", VENV], check=True)
        subprocess.run([VENV / "bin" / "pip", "install", "--quiet", JAX], check=True)
    pythons = {port: python_with(module) for port, module in NEEDS.items()}
    for port, python in pythons.items():
        if python is None:
            sys.exit(f"{port} cannot be run: no Python has {NEEDS[port]}")
    return pythons


def python_with(module):
    pythons = [sys.executable, "/usr/bin/python3", str(VENV / "bin" / "python")]
    for python in filter(os.path.exists, pythons):
        command = [python, "-c", f"import {module}"]
        if subprocess.run(command, stderr=subprocess.DEVNULL, check=False).returncode == 0:
            return python
    return None


def install(packages):
    command = ["apt-get", "install", "-y", "--no-install-recommends", *packages]
    if os.geteuid() != 0:
        sys.exit(f"missing: {', '.join(packages)}. Type: sudo {' '.join(command)}")
    print(f"installing {', '.join(packages)} with apt-get", flush=True)
    quiet = {
        "env": {**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
        "stdin": subprocess.DEVNULL,
        "stdout": subprocess.DEVNULL,  # two hundred lines; errors go elsewhere
    }
    subprocess.run(["apt-get", "update", "-qq"], check=False, **quiet)  # the lists here may do
    subprocess.run(command, check=True, **quiet)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
