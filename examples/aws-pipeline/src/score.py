"""What the images are for: prints the versions that it finds."""

import importlib.metadata
import sys

print(sys.version_info[:2], sorted(each.name for each in importlib.metadata.distributions()))
