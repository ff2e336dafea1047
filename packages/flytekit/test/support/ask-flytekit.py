"""Reads cases as JSON from standard input and says what flytekit makes of each: id, tag and name, or its exception."""
import contextlib
import datetime
import io
import json
import platform
import sys
import types

import yaml
from flytekit.constants import CopyFileDetection
from flytekit.image_spec.image_spec import ImageSpec


def decode(value):
    if isinstance(value, list):
        return [decode(item) for item in value]
    if not isinstance(value, dict):
        return value
    kind = value.get("$py")
    if kind is None:
        return {key: decode(item) for key, item in value.items()}
    if kind == "float":
        return float(value["repr"])
    if kind == "int":
        return int(value["value"])
    if kind == "tuple":
        return tuple(decode(item) for item in value["items"])
    if kind == "dict":
        return {decode(key): decode(item) for key, item in value["items"]}
    if kind == "date":
        return datetime.date.fromisoformat(value["iso"])
    if kind == "datetime":
        return datetime.datetime.fromisoformat(value["iso"])
    if kind == "CopyFileDetection":
        return CopyFileDetection[value["name"]]
    if kind == "ImageSpec":
        return ImageSpec(**{name: decode(item) for name, item in value["fields"].items()})
    raise SystemExit(f"unknown kind {kind}")


def ask(case):
    machine = case.get("machine", "x86_64")
    platform.machine = lambda: machine
    stage = "construct"
    added = []
    try:
        if "yaml" in case:
            spec = ImageSpec(**yaml.safe_load(case["yaml"]))
        else:
            spec = ImageSpec(**{name: decode(value) for name, value in case["spec"].items()})
        for index, file in enumerate(case.get("loaded_modules", [])):
            module = types.ModuleType(f"_loaded_{index}")
            module.__file__ = file
            sys.modules[module.__name__] = module
            added.append(module.__name__)
        stage = "id"
        result = {"id": spec.id}
        stage = "tag"
        result["tag"] = spec.tag
        if case.get("named"):
            result["name"] = spec.image_name()
        return result
    except Exception as error:
        return {"error": {"stage": stage, "type": type(error).__name__, "message": str(error)}}
    finally:
        for name in added:
            del sys.modules[name]


cases = json.load(sys.stdin)
# What is printed on the way is none of the answers.
with contextlib.redirect_stdout(io.StringIO()):
    answers = [ask(case) for case in cases]
json.dump({"python": "%d.%d" % sys.version_info[:2], "answers": answers}, sys.stdout)
