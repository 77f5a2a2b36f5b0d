#!/usr/bin/env python3
"""Builds wheel and sdist, and uses them as a stranger would: in a clean virtual environment, without a network.

Usage: check_wheel.py BUILD_DIR          the wheel takes BUILD_DIR's module; the sdist is configured, not compiled
       check_wheel.py BUILD_DIR --full   the sdist is compiled and its wheel is used as well (minutes; `make soak`)
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent
ROOT = HERE.parent.parent
MAIL = """From ada@example.org Thu Aug 22 12:36:23 2002
From: Ada <ada@example.org>
To: Grace Hopper <grace@example.com>
Subject: The engine's invoice
Date: Thu, 22 Aug 2002 12:36:23 +0100
Message-ID: <1@example.org>

Dear Grace, the invoice for the engine is here.

"""
CHECK = """
import sys, omnicrm
assert omnicrm.__file__.startswith(sys.prefix), omnicrm.__file__
with omnicrm.open(":memory:") as crm:
    assert crm.session("ada").contacts.create(display_name="X").version == 1
print(omnicrm.__version__)
"""


def run(*command: object, cwd: Path, **environment: str) -> str:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "OMNICRM"))}
    done = subprocess.run(
        [str(each) for each in command], cwd=cwd, env={**clean, **environment}, capture_output=True, text=True
    )
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}: {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def say(text: str) -> None:
    print(f"check_wheel: {text}", flush=True)


def expect(condition: bool, text: str) -> None:
    if not condition:
        sys.exit(f"check_wheel: {text}")


def copy_of_package(folder: Path) -> Path:
    """Building leaves files beside setup.py: not in the repository."""
    copy = folder / "package"
    shutil.copytree(HERE, copy, ignore=shutil.ignore_patterns("tests", "__pycache__", "build", ".*cache"))
    return copy


def build_wheel(source: Path, folder: Path, **environment: str) -> Path:
    run(
        sys.executable, "-m", "pip", "wheel", "--no-build-isolation", "--no-deps", "--no-index",
        "--disable-pip-version-check", "--wheel-dir", folder, source,
        cwd=folder, **environment,
    )  # fmt: skip
    (wheel,) = folder.glob("omnicrm-*.whl")
    return wheel


def check_wheel_contents(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    modules = {f"omnicrm/{path.name}" for path in (HERE / "omnicrm").glob("*.py*")} | {"omnicrm/py.typed"}
    expect(modules <= names, f"the wheel lacks {modules - names}")
    native = [name for name in names if name.startswith("omnicrm/_native.") and name.endswith(".so")]
    expect(len(native) == 1, f"the wheel has native modules {native}")
    expect(any(name.endswith(".dist-info/LICENSE") for name in names), "the wheel lacks its licence")
    others = {name for name in names if not name.startswith("omnicrm")}
    expect(not others, f"the wheel also has {others}")
    expect("linux" in wheel.name and "cp311" in wheel.name, f"{wheel.name} says it runs anywhere")
    say(f"{wheel.name}: {len(names)} files, {wheel.stat().st_size / 1e6:.1f} MB")


def use_wheel(wheel: Path, folder: Path) -> None:
    run(sys.executable, "-m", "venv", "venv", cwd=folder)
    python = folder / "venv/bin/python"
    run(python, "-m", "pip", "install", "--no-index", "--disable-pip-version-check", wheel, cwd=folder)
    say(f"installed version {run(python, '-P', '-c', CHECK, cwd=folder).strip()}")
    (folder / "mail.mbox").write_text(MAIL)
    said = run(python, ROOT / "examples/python/import_search.py", cwd=folder)
    expect("The engine's invoice" in said, f"import_search.py said: {said}")
    examples = sorted((ROOT / "examples/python").glob("*.py"))
    for example in examples:
        if example.name != "import_search.py":
            run(python, example, cwd=folder, TMPDIR=str(folder))
    say(f"{len(examples)} examples ran")


def build_sdist(source: Path, folder: Path) -> Path:
    code = "import sys; from setuptools import build_meta; print(build_meta.build_sdist(sys.argv[1]))"
    run(sys.executable, "-c", code, folder, cwd=source, OMNICRM_SOURCE_DIR=str(ROOT))
    (archive,) = folder.glob("omnicrm-*.tar.gz")
    with tarfile.open(archive) as tar:
        members = tar.getmembers()
        expect(all(member.isfile() or member.isdir() for member in members), "the sdist has links")
        names = {member.name.partition("/")[2] for member in members if member.isfile()}
        tar.extractall(folder)
    sources = {
        f"cpp/{path.relative_to(ROOT)}"
        for part in ("src", "include", "bindings/python/src", "cmake")
        for path in (ROOT / part).rglob("*")
        if path.is_file()
    }
    wanted = sources | {
        "pyproject.toml", "setup.py", "README.md", "LICENSE", "PKG-INFO", "omnicrm/py.typed", "omnicrm/_native.pyi",
        "cpp/CMakeLists.txt", "cpp/bindings/python/CMakeLists.txt",
    }  # fmt: skip
    expect(wanted <= names, f"the sdist lacks {sorted(wanted - names)[:10]}")
    expect(not any(name.endswith((".so", ".o", ".pyc")) for name in names), "the sdist has built files")
    say(f"{archive.name}: {len(names)} files, {archive.stat().st_size / 1e6:.1f} MB")
    return folder / archive.name.removesuffix(".tar.gz")


def main() -> None:
    build = Path(sys.argv[1]).resolve()
    with tempfile.TemporaryDirectory(prefix="omnicrm-wheel-") as name:
        folder = Path(name)
        for part in ("wheel", "sdist", "full"):
            (folder / part).mkdir()
        source = copy_of_package(folder)
        wheel = build_wheel(
            source, folder / "wheel", OMNICRM_BUILD_DIR=str(build), OMNICRM_SOURCE_DIR=str(ROOT)
        )
        check_wheel_contents(wheel)
        use_wheel(wheel, folder / "wheel")
        unpacked = build_sdist(source, folder / "sdist")
        if "--full" in sys.argv:
            wheel = build_wheel(unpacked, folder / "full")
            check_wheel_contents(wheel)
            use_wheel(wheel, folder / "full")
        else:
            said = run(
                "cmake", "-S", unpacked / "cpp", "-B", folder / "configured", "-DCMAKE_BUILD_TYPE=Release",
                "-DOMNICRM_BUILD_TESTS=OFF", "-DOMNICRM_BUILD_EXAMPLES=OFF", "-DOMNICRM_BUILD_C=OFF",
                f"-DOMNICRM_PYTHON={sys.executable}",
                cwd=folder,
            )  # fmt: skip
            expect("with the Python module" in said, said)
            say("the sdist can be configured")


if __name__ == "__main__":
    main()
