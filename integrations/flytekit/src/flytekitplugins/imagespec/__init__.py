"""Builds flytekit's image specs with imagespec: ``ImageSpec(..., builder="imagespec")``.

flytekit imports this module by the entry point ``flytekit.plugins``, which registers the builder.
"""

from __future__ import annotations

import os

from flytekit.image_spec.image_spec import ImageBuildEngine

from .builder import ImagespecBuilder
from .errors import ImageBuildError

__all__ = ["ImageBuildError", "ImagespecBuilder"]

# Below flytekit's own builder, which has 1: installing a package changes nobody's images.
ImageBuildEngine.register(
    ImagespecBuilder.builder_type,
    ImagespecBuilder(),
    priority=int(os.environ.get("IMAGESPEC_FLYTEKIT_PRIORITY") or 0),
)
