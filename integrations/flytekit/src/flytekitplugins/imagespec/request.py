"""An image spec of flytekit as the JSON document that ``imagespec build --format flytekit`` reads."""

from __future__ import annotations

import dataclasses
import datetime
import os
import platform
import re
import sys
from pathlib import Path
from typing import Any

import flytekit
from flytekit.constants import CopyFileDetection
from flytekit.image_spec.default_builder import get_flytekit_for_pypi
from flytekit.image_spec.image_spec import ImageBuildEngine, ImageSpec
from flytekit.tools.script_mode import list_imported_modules_as_files

from .errors import ImageBuildError

_CONTRACT = 1
# JavaScript moves such keys to the front of an object; order counts in flytekit's hash.
_INTEGER_LIKE = re.compile(r"(0|[1-9]\d*)\Z", re.ASCII)
_SAFE_INTEGER = 2**53
# What flytekit leaves out of its hashes when a value of a field is a dataclass itself.
_NEVER_HASHED = frozenset({"pip_secret_mounts", "builder", "runtime_packages"})


def request_of(image_spec: ImageSpec) -> dict[str, Any]:
    """Say everything that flytekit knows about the image, and what its tag depends on.

    Raises:
        ImageBuildError: a field holds a value that has no form in JSON.
    """
    request: dict[str, Any] = {
        "contract": _CONTRACT,
        "flytekit": flytekit.__version__,
        "python": f"{sys.version_info.major}.{sys.version_info.minor}",
        "machine": platform.machine(),
        "root": str(Path.cwd()),
        "id": image_spec.id,
        "tag": image_spec.tag,
        "requirement": get_flytekit_for_pypi(),
        "spec": _fields(image_spec, ""),
    }
    if image_spec.source_root and image_spec.source_copy_mode == CopyFileDetection.LOADED_MODULES:
        modules = list(sys.modules.values())
        request["loaded_modules"] = list_imported_modules_as_files(str(image_spec.source_root), modules)
    if isinstance(image_spec.base_image, ImageSpec):
        request["built_names"] = dict(ImageBuildEngine._IMAGE_NAME_TO_REAL_NAME)
    return request


def _fields(spec: ImageSpec, path: str) -> dict[str, Any]:
    values = ((field.name, getattr(spec, field.name)) for field in dataclasses.fields(spec))
    return {name: _encode(value, f"{path}{name}") for name, value in values if value is not None}


def _encode(value: Any, path: str) -> Any:  # noqa: ANN401
    if isinstance(value, CopyFileDetection):
        return {"$py": "CopyFileDetection", "name": value.name}
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, (int, float)):
        return _encode_number(value)
    if isinstance(value, (list, tuple)):
        items = [_encode(item, f"{path}[{position}]") for position, item in enumerate(value)]
        return items if isinstance(value, list) else {"$py": "tuple", "items": items}
    if isinstance(value, dict):
        return _encode_dict(value, path)
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if isinstance(value, datetime.datetime):
        return {"$py": "datetime", "iso": value.isoformat()}
    if isinstance(value, datetime.date):
        return {"$py": "date", "iso": value.isoformat()}
    if isinstance(value, ImageSpec):
        return {"$py": "ImageSpec", "fields": _fields(value, f"{path}.")}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        hashed = {
            field.name: getattr(value, field.name)
            for field in dataclasses.fields(value)
            if field.name not in _NEVER_HASHED and getattr(value, field.name) is not None
        }
        return _encode_dict(hashed, path)
    raise ImageBuildError(
        f'"{path}" holds a value of the type "{type(value).__name__}", which imagespec cannot be told of',
        code="SPEC_INVALID",
        hint="use texts, numbers, lists and dictionaries",
    )


def _encode_number(value: float) -> Any:  # noqa: ANN401
    if isinstance(value, float):
        return {"$py": "float", "repr": repr(value)}
    return value if -_SAFE_INTEGER <= value <= _SAFE_INTEGER else {"$py": "int", "value": str(value)}


def _encode_dict(value: dict[Any, Any], path: str) -> dict[str, Any]:
    if all(isinstance(key, str) and _survives(key) for key in value):
        return {key: _encode(item, f"{path}.{key}") for key, item in value.items()}
    items = [[_encode(key, path), _encode(item, f"{path}.{key}")] for key, item in value.items()]
    return {"$py": "dict", "items": items}


def _survives(key: str) -> bool:
    return key not in ("$py", "__proto__") and _INTEGER_LIKE.match(key) is None
