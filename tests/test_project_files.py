"""What the repository and the distribution hold: package data, locks that fit pyproject.toml, live links."""

import re
import subprocess
import tomllib
from importlib.resources import files
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS = PROJECT["optional-dependencies"]
LOCKS = {
    "edge-bookworm": "edge",
    "edge-trixie": "edge",
    **{extra: extra for extra in EXTRAS if extra != "edge"},
}
"""Lock -> the extra that it pins. Every extra has one; `edge` has one a Python."""

# Spelt in pieces, so that this file does not find itself.
OF_A_MACHINE = {
    "a package index": re.compile(
        r"(?<!emit-)index" + r"-url[\s=:]|find" + r"-links[\s=:]|/sim" + r"ple/|python" + r"hosted\.org"
    ),
    "a folder of one machine": re.compile(r"(?<![\w.])/(?:work|root|opt|home/(?!pi\b)\w+|Users|tmp/venvs)" + r"/[\w.]"),
}


def repository_texts() -> dict[str, str]:
    """The text files that git tracks or would track, by path."""
    done = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    texts = {}
    for name in filter(None, done.stdout.split("\0")):
        content = (ROOT / name).read_bytes() if (ROOT / name).is_file() else b""
        if b"\0" not in content:
            texts[name] = content.decode("utf-8", errors="replace")
    return texts


@pytest.mark.parametrize("what", OF_A_MACHINE)
def test_nothing_of_one_machine(what: str) -> None:
    texts = repository_texts()
    assert "pyproject.toml" in texts
    found = [
        f"{name}:{number}: {line.strip()[:120]}"
        for name, text in texts.items()
        for number, line in enumerate(text.splitlines(), start=1)
        if OF_A_MACHINE[what].search(line)
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    "line",
    [
        "--index" + "-url https://x",
        "https://mirror/sim" + "ple/numpy",
        'p = "/wo' + 'rk/main/x"',
        "/ro" + "ot/.cache",
    ],
)
def test_the_patterns_find_what_they_are_for(line: str) -> None:
    assert any(pattern.search(line) for pattern in OF_A_MACHINE.values())


def requirements_of(extra: str) -> list[Requirement]:
    """What an extra asks for, with the extras that it names itself opened."""
    opened = []
    for requirement in map(Requirement, EXTRAS[extra]):
        if requirement.name == PROJECT["name"]:
            opened += [inner for other in requirement.extras for inner in requirements_of(other)]
        else:
            opened.append(requirement)
    return opened


def pins_of(lock: str) -> dict[str, set[str]]:
    """Canonical name -> the versions that a lock pins (one a Python where they differ)."""
    pins: dict[str, set[str]] = {}
    text = (ROOT / "requirements" / f"{lock}.txt").read_text(encoding="utf-8")
    for name, version in re.findall(r"^([\w.-]+)==([^ ;\\\n]+)", text, re.M):
        pins.setdefault(canonicalize_name(name), set()).add(version)
    return pins


@pytest.mark.parametrize(("lock", "extra"), LOCKS.items())
def test_a_lock_pins_what_its_extra_asks_for(lock: str, extra: str) -> None:
    """After a change of pyproject.toml: `make lock`."""
    pins = pins_of(lock)
    for requirement in requirements_of(extra):
        versions = pins.get(canonicalize_name(requirement.name), set())
        assert versions, f"requirements/{lock}.txt lacks {requirement.name}: make lock"
        for version in versions:
            assert requirement.specifier.contains(version), f"{requirement} is pinned at {version}: make lock"


@pytest.mark.parametrize("lock", sorted(path.stem for path in (ROOT / "requirements").glob("*.txt")))
def test_every_pin_has_a_hash_and_none_a_place(lock: str) -> None:
    text = (ROOT / "requirements" / f"{lock}.txt").read_text(encoding="utf-8")
    assert "://" not in text
    pinned = re.findall(r"^[\w.-]+==.*\\\n    --hash=sha256:[0-9a-f]{64}", text, re.M)
    assert len(pinned) == len(re.findall(r"^[\w.-]+(?:==| @)", text, re.M)) > 0


@pytest.mark.parametrize("lock", ["edge-bookworm", "edge-trixie"])
def test_the_rover_gets_no_framework(lock: str) -> None:
    assert not pins_of(lock).keys() & {"tensorflow", "tensorflow-cpu", "keras", "torch", "jax"}


@pytest.mark.parametrize(
    ("package", "pattern"),
    [
        ("edge", "default_bundle/manifest.json"),
        ("edge", "default_bundle/classifier.tflite"),
        ("edge", "default_bundle/golden.npz"),
        ("edge", "default_bundle/MODEL_CARD.md"),
        ("training", "recipes/*.toml"),
        ("training", "datasets/splits/*.json"),
        ("training", "datasets/hashes/*"),
    ],
)
def test_package_data_is_there(package: str, pattern: str) -> None:
    found = list(Path(str(files(package))).glob(pattern))
    assert found
    assert all(path.stat().st_size > 0 for path in found)


def test_every_make_target_says_what_it_does() -> None:
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = dict(re.findall(r"^([a-z-]+):(?!=)[^#\n]*(?:## (.+))?$", text, re.M))
    asked = {"setup", "demo", "test", "lint", "type", "bench", "golden", "train", "release", "clean"}
    assert asked <= targets.keys()
    assert all(targets.values()), [name for name, says in targets.items() if not says]
    listed = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert all(re.search(rf"^  {name} ", listed, re.M) for name in targets)


def test_every_link_between_the_documents_leads_somewhere() -> None:
    pages = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")]
    links = [
        (page, target)
        for page in pages
        for target in re.findall(r"\]\(([^)#\s]+)", page.read_text(encoding="utf-8"))
        if "://" not in target
    ]
    assert len(links) > len(pages)
    broken = [f"{page.relative_to(ROOT)}: {target}" for page, target in links if not (page.parent / target).exists()]
    assert not broken, broken


def test_every_benchmark_takes_the_short_form_that_ci_asks_for() -> None:
    benches = sorted((ROOT / "tests" / "benchmarks").glob("bench_*.py"))
    assert benches
    # Either the harness reads the arguments, or the file's own parser knows it.
    without = [path.name for path in benches if not re.search(r'args = arguments\(__doc__|"--short"', path.read_text())]
    assert not without
