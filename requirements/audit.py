"""What the locks bring in: checked, listed as a bill of materials, and on request asked about known weaknesses.

python requirements/audit.py            checks the locks and writes build/sbom.cdx.json; asks nobody
python requirements/audit.py --online   afterwards asks the vulnerability service of PyPI about every package
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cyclonedx.model import HashAlgorithm, HashType, Property
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packageurl import PackageURL

HERE = Path(__file__).parent
LOCKS = ("run.txt", "dev.txt", "postgres.txt")
"""What users get first, then what tests and checks need on top of it."""
BILL = HERE.parent / "build" / "sbom.cdx.json"
NO_NETWORK = (
    "ConnectionError",
    "Connection refused",
    "Max retries",
    "Name or service not known",
    "timed out",
    "ProxyError",
)
_PIN = re.compile(r"(?P<name>[a-z0-9][a-z0-9._-]*)(?:\[[a-z0-9,._-]+\])?==(?P<version>[^\s;@]+)(?: ; [^@]+)?")
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class Pin:
    """One package of one lock. `hashes` are those of its files, of which one is installed."""

    lock: str
    line: int
    name: str
    version: str
    hashes: tuple[str, ...]


def pins(lock: str, text: str, problems: list[str]) -> Iterator[Pin]:
    """The packages of a lock; what is not a pinned name with hashes goes into `problems`."""
    number = 0
    for entry in text.replace("\\\n", "\\ ").split("\n"):
        number += 1
        first, line = number, entry
        number += entry.count("\\ ")
        if not line.strip() or line.startswith("#"):
            continue
        requirement, *hashes = (part.strip() for part in line.split("\\ "))
        told = _PIN.fullmatch(requirement)
        found = [match[1] for each in hashes if (match := _HASH.fullmatch(each))]
        if told is None or "://" in line:
            problems.append(f"{lock}, line {first}: {requirement} is no pinned package without an address")
        elif len(found) != len(hashes) or not found:
            problems.append(f"{lock}, line {first}: {requirement} has no hash, or one that is none")
        else:
            yield Pin(lock, first, told["name"], told["version"], tuple(found))


def read(folder: Path) -> tuple[list[Pin], list[str]]:
    """The packages of all locks, and what is wrong with them."""
    problems: list[str] = []
    found = [pin for lock in LOCKS for pin in pins(lock, (folder / lock).read_text(encoding="utf-8"), problems)]
    versions: dict[str, set[str]] = {}
    for pin in found:
        versions.setdefault(pin.name, set()).add(pin.version)
    for name in sorted({pin.name for pin in found}):
        places = {pin.lock: pin.version for pin in found if pin.name == name}
        if len(set(places.values())) > 1:
            problems.append(f"{name}: {', '.join(f'{version} in {lock}' for lock, version in places.items())}")
    return found, problems


def bill(found: Sequence[Pin]) -> str:
    """The CycloneDX document, the same for the same locks. Raises `ValueError` where it does not fit its schema."""
    own: dict[str, Any] = {}
    exec((HERE.parent / "src/veaf_sync/_version.py").read_text(encoding="utf-8"), own)  # noqa: S102  our own file
    components: dict[str, Component] = {}
    for pin in sorted(found, key=lambda pin: (pin.name, pin.version, LOCKS.index(pin.lock))):
        purl = PackageURL("pypi", name=pin.name, version=pin.version)
        components.setdefault(
            str(purl),
            Component(
                name=pin.name,
                version=pin.version,
                type=ComponentType.LIBRARY,
                purl=purl,
                bom_ref=str(purl),
                properties=[Property(name="veaf-sync:lock", value=pin.lock)],
                hashes=[HashType(alg=HashAlgorithm.SHA_256, content=each) for each in pin.hashes],
            ),
        )
    everything = "\n".join(f"{pin.name}=={pin.version} {' '.join(pin.hashes)}" for pin in found)
    document = Bom(components=components.values(), serial_number=uuid.uuid5(uuid.NAMESPACE_OID, everything))
    document.metadata.component = Component(
        name="veaf-sync", version=str(own["__version__"]), type=ComponentType.APPLICATION, bom_ref="veaf-sync"
    )
    document.metadata.timestamp = None  # type: ignore[assignment]  # else no two would be the same
    document.register_dependency(document.metadata.component, components.values())
    text = JsonV1Dot6(document).output_as_string(indent=2) + "\n"
    if wrong := JsonStrictValidator(SchemaVersion.V1_6).validate_str(text):
        raise ValueError(f"the bill of materials does not fit its schema: {wrong}")
    return text


def ask() -> tuple[int, list[str]]:
    """What pip-audit finds in all locks, as exit code and lines: 0 nothing known, 1 findings, 2 could not ask."""
    locks = [part for lock in LOCKS for part in ("-r", str(HERE / lock))]
    options = ("--disable-pip", "--require-hashes", "--progress-spinner=off", "--format=json")
    command = [sys.executable, "-m", "pip_audit", *options, *locks]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    return told(ended.stdout, ended.stderr)


def told(answer: str, errors: str) -> tuple[int, list[str]]:
    """pip-audit's JSON in words. A package that it could not ask about is no package without weaknesses."""
    try:
        rows = json.loads(answer)["dependencies"]
    except (ValueError, KeyError):
        away = any(words in errors for words in NO_NETWORK)
        reason = "there is no network" if away else errors.strip().rpartition("\n")[2] or "it gave no answer"
        return 2, [f"The vulnerability service could not be asked: {reason}. Nothing is known about these packages."]
    known = [
        f"{row['name']} {row['version']}: {weakness['id']}, mended in {', '.join(weakness['fix_versions']) or 'none'}"
        for row in rows
        for weakness in row.get("vulns", ())
    ]
    skipped = [row["name"] for row in rows if "skip_reason" in row]
    lines = [*known, f"{len(rows) - len(skipped)} of {len(rows)} packages asked about, {len(known)} known weaknesses."]
    if skipped:
        lines.append(
            f"The service answered nothing about {len(skipped)}: {', '.join(skipped[:5])} … Of those nothing is known."
        )
    return (1 if known else 2 if skipped else 0), lines


def main(arguments: Sequence[str]) -> int:
    found, problems = read(HERE)
    for problem in problems:
        print(problem)
    if problems:
        print("Write the locks anew: make lock")
        return 1
    BILL.parent.mkdir(exist_ok=True)
    BILL.write_text(bill(found), encoding="utf-8")
    packages = len({pin.name for pin in found})
    print(
        f"{packages} packages, all pinned with hashes and without an address; listed in {BILL.relative_to(HERE.parent)}"
    )
    if "--online" not in arguments:
        return 0
    code, lines = ask()
    print("\n".join(lines))
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
