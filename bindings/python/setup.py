"""Builds the native module with CMake, and packs the C++ sources into the sdist.

OMNICRM_BUILD_DIR   a build folder that has the module already: nothing is compiled
OMNICRM_SOURCE_DIR  the C++ sources; by default the repository around this folder, or `cpp/` in an sdist
OMNICRM_CMAKE_ARGS  more arguments for the configuration
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from setuptools.command.sdist import sdist

HERE = Path(__file__).resolve().parent
# What the C++ build needs, below the root of the repository.
CPP_FOLDERS = ("cmake", "include", "src", "bindings/python/src")
CPP_FILES = ("CMakeLists.txt", "LICENSE", "bindings/python/CMakeLists.txt")


def cpp_root() -> Path:
    given = os.environ.get("OMNICRM_SOURCE_DIR")
    for folder in ([Path(given)] if given else [HERE / "cpp", HERE.parent.parent]):
        if (folder / "CMakeLists.txt").exists():
            return folder.resolve()
    raise SystemExit("setup.py: the C++ sources are not here; set OMNICRM_SOURCE_DIR")


def version() -> str:
    text = (cpp_root() / "CMakeLists.txt").read_text(encoding="utf-8")
    found = re.search(r"project\(OmniCRM VERSION ([0-9.]+)", text)
    assert found is not None
    return found[1]


class BuildNative(build_ext):
    """The module comes from CMake, not from a list of sources."""

    def build_extension(self, extension: Extension) -> None:
        target = Path(self.get_ext_fullpath(extension.name)).resolve()
        target.parent.mkdir(parents=True, exist_ok=True)
        given = os.environ.get("OMNICRM_BUILD_DIR")
        build = Path(given).resolve() if given else self.compile()
        (built,) = (build / "python/omnicrm").glob(f"_native{self.suffix()}")
        shutil.copyfile(built, target)
        subprocess.run(["strip", "--strip-unneeded", target], check=True)

    def suffix(self) -> str:
        return self.get_ext_filename("x")[1:]

    def compile(self) -> Path:
        build = Path(self.build_temp).resolve() / "cmake"
        subprocess.run(
            [
                "cmake", "-S", cpp_root(), "-B", build, "-DCMAKE_BUILD_TYPE=Release",
                "-DOMNICRM_BUILD_TESTS=OFF", "-DOMNICRM_BUILD_EXAMPLES=OFF", "-DOMNICRM_BUILD_C=OFF",
                "-DOMNICRM_BUILD_PYTHON=ON", f"-DOMNICRM_PYTHON={sys.executable}",
                *shlex.split(os.environ.get("OMNICRM_CMAKE_ARGS", "")),
            ],
            check=True,
        )  # fmt: skip
        jobs = str(os.cpu_count() or 1)
        subprocess.run(["cmake", "--build", build, "--target", "omnicrm_python", "-j", jobs], check=True)
        return build


class PackSources(sdist):
    """The package, and below `cpp/` what its native module is built from."""

    def make_release_tree(self, base_dir: str, files: list[str]) -> None:
        super().make_release_tree(base_dir, files)
        root, cpp = cpp_root(), Path(base_dir) / "cpp"
        for folder in CPP_FOLDERS:
            shutil.copytree(root / folder, cpp / folder)
        for file in CPP_FILES:
            (cpp / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(root / file, cpp / file)
        (cpp / "bindings/python/omnicrm").mkdir(exist_ok=True)
        licence = Path(base_dir) / "LICENSE"  # a link in the repository
        licence.unlink(missing_ok=True)
        shutil.copyfile(root / "LICENSE", licence)


setup(
    version=version(),
    ext_modules=[Extension("omnicrm._native", sources=[])],
    cmdclass={"build_ext": BuildNative, "sdist": PackSources},
)
