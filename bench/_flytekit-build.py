"""Builds one image spec from flytekit, as `pyflyte` would: `_flytekit-build.py JSON`; prints the milliseconds."""

import json
import sys
import time

from flytekit import ImageSpec
from flytekit.image_spec.image_spec import ImageBuildEngine

image_spec = ImageSpec(**json.loads(sys.argv[1]))
start = time.perf_counter()
ImageBuildEngine.build(image_spec)
print(json.dumps({"ms": (time.perf_counter() - start) * 1000, "image": image_spec.image_name()}))
