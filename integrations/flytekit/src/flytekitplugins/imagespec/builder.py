"""The builder that flytekit asks for images."""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from flytekit.image_spec.image_spec import ImageSpecBuilder

from .command import find_command
from .errors import ImageBuildError
from .process import dying_tidily, run_command
from .progress import choose_progress, format_bytes
from .request import request_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from flytekit.image_spec.image_spec import ImageSpec

_ARGUMENTS = "IMAGESPEC_BUILD_ARGS"
_PUSH = "FLYTE_PUSH_IMAGE_SPEC"
#: Options that ``imagespec plan`` does not have.
_OF_BUILDS_ONLY = frozenset({"--concurrency", "--timeout"})
#: What became of an image, or would: nothing had to be done.
_THERE = frozenset({"exists", "assumed"})
_DOCKER_SOCKET = Path("/var/run/docker.sock")


class ImagespecBuilder(ImageSpecBuilder):
    """Builds images with the imagespec command, which needs neither Docker nor a daemon.

    The image gets the name and tag that flytekit computes. With a registry it is pushed there; without one, or when
    ``FLYTE_PUSH_IMAGE_SPEC`` says no, it goes to the Docker engine of this machine, and where there is none to
    imagespec's local store.
    """

    builder_type = "imagespec"

    def __init__(self, *, command: Sequence[str] | None = None, arguments: Sequence[str] | None = None) -> None:
        """Use a command line other than the packed one, and options of ``imagespec build`` for every image.

        ``arguments`` defaults to what the variable ``IMAGESPEC_BUILD_ARGS`` holds when an image is built.
        """
        self._command = command
        self._arguments = arguments

    def should_build(self, image_spec: ImageSpec) -> bool:
        """Ask the registry, or wherever the image goes, whether it has the image.

        Raises:
            ImageBuildError: it is not known whether the image exists, or it could not be built.
        """
        name = image_spec.image_name()
        if image_spec._is_force_push:
            click.secho(f"Building image {name}, whether or not it exists.", fg="blue")
            return True
        with dying_tidily():
            last = run_command(self._line("plan", image_spec), request_of(image_spec), lambda _: None)
        problem = _problem_of(last)
        if problem is not None:
            raise ImageBuildError.of(problem, name)
        if _last_image(last).get("action") in _THERE:
            click.secho(f"Image {name} found. Skip building.", fg="blue")
            return False
        click.secho(f"Image {name} not found. building...", fg="blue")
        return True

    def build_image(self, image_spec: ImageSpec) -> str:
        """Build the image, unless it exists, and return its name.

        Raises:
            ImageBuildError: the image could not be built.
        """
        name = image_spec.image_name()
        command = self._line("build", image_spec)
        if image_spec._is_force_push:
            command.append("--force")
        with dying_tidily(), choose_progress() as progress:
            last = run_command(command, request_of(image_spec), progress.event)
        if last.get("type") != "result":
            raise ImageBuildError.of(last.get("error") or {}, name)
        image = _last_image(last)
        click.secho(_outcome(image, name), fg="blue")
        returned = image.get("flytekit", {}).get("imageName", name)
        return str(returned)

    def _line(self, verb: str, image_spec: ImageSpec) -> list[str]:
        command = find_command() if self._command is None else self._command
        arguments = shlex.split(os.environ.get(_ARGUMENTS, "")) if self._arguments is None else self._arguments
        output = [] if "--output" in arguments else _output_arguments(image_spec, os.environ)
        given = arguments if verb == "build" else _without(_OF_BUILDS_ONLY, arguments)
        return [*command, verb, "-", "--format", "flytekit", "--json", *output, *given]


def _output_arguments(image_spec: ImageSpec, environment: Mapping[str, str]) -> list[str]:
    """Where the image goes. What flytekit's own builder does without a registry is ``docker build``."""
    if image_spec.registry and environment.get(_PUSH, "True").lower() in ("true", "1"):
        return []
    has_docker = environment.get("DOCKER_HOST") or _DOCKER_SOCKET.exists()
    return ["--output", "engine" if has_docker else "local-store"]


def _without(names: frozenset[str], arguments: Sequence[str]) -> list[str]:
    """Leave options out, with their values."""
    kept: list[str] = []
    is_value = False
    for argument in arguments:
        if not is_value and argument.partition("=")[0] not in names:
            kept.append(argument)
        is_value = not is_value and argument in names
    return kept


def _problem_of(plan: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Why the build of a plan would fail, be it that of a base."""
    problem: Mapping[str, Any] | None = plan.get("error")
    for image in plan.get("images") or ():
        if problem is None and image.get("action") == "blocked":
            problem = image.get("problem")
    return problem


def _last_image(line: Mapping[str, Any]) -> Mapping[str, Any]:
    """Those before it are its bases."""
    images = line.get("images") or [{}]
    image: Mapping[str, Any] = images[-1]
    return image


def _outcome(image: Mapping[str, Any], name: str) -> str:
    if image.get("action") in _THERE:
        return f"Image {name} found. Skip building."
    seconds = image.get("timings", {}).get("total", 0) / 1000
    layers = image.get("layers", {})
    facts = [f"{layers.get('built', 0)} of {layers.get('total', 0)} layers made"] if layers else []
    uploaded = image.get("bytes", {}).get("uploaded")
    if uploaded:
        facts.append(f"{format_bytes(uploaded)} sent")
    return f"Image {name} built in {seconds:.1f} s{''.join(f', {fact}' for fact in facts)}."
