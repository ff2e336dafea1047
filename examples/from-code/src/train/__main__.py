import attrs
import requests

print(f"attrs {attrs.__version__ if hasattr(attrs, '__version__') else 'ready'}, requests {requests.__version__}")
