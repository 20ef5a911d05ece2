# JupyterLab on the recipes: docker build -t rnn-cookbook . && docker run -p 8888:8888 rnn-cookbook
FROM python:3.11-slim
RUN apt-get update && apt-get install -y --no-install-recommends make && rm -rf /var/lib/apt/lists/*
RUN useradd --create-home cook
USER cook
WORKDIR /home/cook/rnn-cookbook
# The packages first: they stay in a layer of their own while only recipes change.
COPY --chown=cook Makefile requirements.txt requirements-site.txt constraints.txt pyproject.toml README.md LICENSE ./
COPY --chown=cook helpers helpers
RUN make setup && .venv/bin/python -m pip cache purge
COPY --chown=cook . .
# Copied files are newer than the stamp of the set-up; nothing in it has changed.
RUN touch .venv/.installed
EXPOSE 8888
CMD ["make", "lab", "ARGS=--ip=0.0.0.0 --no-browser"]
