/** Often requested distributions, to tell what a misspelt name may have meant. */
export const popularNames: readonly string[] =
  `accelerate aiobotocore aiohttp airflow alembic altair annotated-types anthropic anyio apache-airflow arrow attrs awscli azure-core
azure-identity azure-storage-blob babel bcrypt beautifulsoup4 black bleach bokeh boto3 botocore cachetools catboost celery certifi cffi
charset-normalizer click cloudpickle colorama coverage cryptography cycler cython dask databricks-sdk datasets dbt-core decorator
deltalake diffusers dill distributed django docker duckdb einops elasticsearch evaluate fastapi fastparquet faiss-cpu filelock flake8
flask flytekit fonttools frozenlist fsspec gensim geopandas gitpython google-api-core google-auth google-cloud-bigquery
google-cloud-storage googleapis-common-protos great-expectations greenlet grpcio gunicorn h5py h11 httpcore httptools httpx
huggingface-hub hydra-core hypothesis idna imageio importlib-metadata iniconfig ipykernel ipython isodate isort itsdangerous jax jaxlib
jinja2 jmespath joblib jsonschema jupyter jupyterlab keras kiwisolver kubernetes langchain lightgbm lightning llvmlite lxml mako markdown
markupsafe marshmallow matplotlib mlflow more-itertools msgpack multidict mypy narwhals networkx nltk notebook numba numexpr numpy
oauthlib omegaconf onnx onnxruntime openai opencv-python opencv-python-headless openpyxl optuna orjson packaging pandas pandera paramiko
pathspec peft pillow pip platformdirs plotly pluggy polars prefect prometheus-client protobuf psutil psycopg psycopg2-binary pyarrow
pyasn1 pycparser pydantic pydantic-core pygments pyjwt pymongo pymysql pyodbc pyopenssl pyparsing pyspark pytest pytest-cov
python-dateutil python-dotenv python-multipart pytorch-lightning pytz pyyaml ray redis regex requests requests-oauthlib rich rsa ruff
s3fs safetensors scikit-image scikit-learn scipy seaborn selenium sentence-transformers sentencepiece setuptools shapely shap six
sniffio snowflake-connector-python soupsieve spacy sphinx sqlalchemy sqlmodel sqlparse starlette statsmodels streamlit sympy tabulate
tenacity tensorboard tensorflow termcolor threadpoolctl tiktoken timm tokenizers toml tomli torch torchaudio torchmetrics torchvision
tornado tqdm transformers trl typer typing-extensions tzdata ujson urllib3 uvicorn uvloop virtualenv wandb watchdog watchfiles
websocket-client websockets werkzeug wheel wrapt xarray xgboost xlrd xlsxwriter yarl zarr zipp`.split(/\s+/);
