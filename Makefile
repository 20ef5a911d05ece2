# `make` alone lists what there is. Needs Python 3.11 or later and a package index, nothing else.

PYTHON  ?= python3
PROFILE ?= quick
ONLY    ?=
DATA    ?=
SET     ?=
REPO    ?=
WRITE_BACK ?=
STUDIES ?=
NAME    ?=
# `helpers` goes into .venv as a link, so that a page copied from a recipe runs in any folder.
PACKAGE ?= -e .
TINY    ?=
PROCESSES ?= 2
ARGS    ?=

# A value as one word of the shell, whatever quotes it has: each ' ends the quotes, stands alone, begins them.
q = '$(subst ','\'',$(1))'

VENV  := .venv
RUN   := $(VENV)/bin/python
STAMP := $(VENV)/.installed
SITE  := $(VENV)/.installed-site

.PHONY: help setup recipes new-recipe lab test colab site bench serve demo scale readme clean

help:
	@echo 'make recipes   cook every recipe and build the gallery, build/index.html'
	@echo '               PROFILE=quick|cpu|gpu|smoke  how thoroughly (now: $(PROFILE))'
	@echo '               ONLY=01_mnist_rows           these recipes: names or numbers, separated by commas'
	@echo '               DATA=auto|bundled|cache|online, or a file of your own (with ONLY)'
	@echo "               SET='EPOCHS=2 SEED=1'        change any other parameter"
	@echo '               STUDIES=1                    the studies behind the recipes, too'
	@echo '               WRITE_BACK=1                 with PROFILE=cpu: put the outputs into notebooks/'
	@echo 'make new-recipe NAME=30_tides'
	@echo '               begin a recipe of your own: notebook, card, profiles, loader, sample and test, all working'
	@echo 'make lab       open JupyterLab on the notebooks'
	@echo 'make test      check everything: style, unit tests, every notebook, every recipe above its baselines'
	@echo 'make colab     write build/colab/NN_name.ipynb, one self-contained file per recipe'
	@echo '               REPO=owner/name              add "Open in Colab" badges for that GitHub repository'
	@echo 'make site      write build/site, the cookbook as a web site with a search in English and Chinese'
	@echo '               REPO=owner/name              add links that open the recipes of that GitHub repository'
	@echo 'make bench     measure ours against the usual way, 20 minutes: benchmarks/RESULTS.md'
	@echo '               ONLY=data,length             these benchmarks'
	@echo '               TINY=1                       small sizes, to see that they run: build/benchmarks/'
	@echo 'make serve     answer requests: digits, reviews, translations, at http://127.0.0.1:8000/docs'
	@echo 'make demo      the same and poems in a browser: build/demo, at http://127.0.0.1:8001 (needs npm)'
	@echo '               both cook first what is not there yet, in the profile PROFILE'
	@echo 'make scale     train in several processes on this machine, beside one; installs JAX, which it needs'
	@echo '               PROCESSES=4                  how many (now: $(PROCESSES))'
	@echo 'make readme    fill in the figures of README.md and docs/ from the committed notebooks and benchmarks'
	@echo 'make setup     only make .venv and install the requirements (PYTHON=python3.12 picks the Python)'
	@echo 'make clean     remove build/; the data cache and .venv stay'

setup: $(STAMP)

NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))

# The stamp comes last, so that an install cut short is taken up again the next time.
$(STAMP): requirements.txt constraints.txt pyproject.toml
	@rm -f $@
	@$(RUN) -c 'import pip; $(NEW_ENOUGH)' 2>/dev/null || { \
	  command -v '$(PYTHON)' >/dev/null || { \
	    echo 'There is no $(PYTHON) here. Install Python 3.11 or later, or name one: make PYTHON=python3.12'; exit 1; }; \
	  '$(PYTHON)' -c '$(NEW_ENOUGH)' || { \
	    echo "Python 3.11 or later is needed, $(PYTHON) is $$('$(PYTHON)' --version 2>&1)." \
	         'Name another one: make PYTHON=python3.12'; exit 1; }; \
	  '$(PYTHON)' -m venv --clear $(VENV); }
	$(RUN) -m pip install --disable-pip-version-check -r requirements.txt $(PACKAGE) -c constraints.txt
	@touch $@

# The packages that only the site and its tests need.
$(SITE): $(STAMP) requirements-site.txt
	@rm -f $@
	$(RUN) -m pip install --disable-pip-version-check -r requirements-site.txt -c constraints.txt
	@touch $@

recipes: $(STAMP)
	@$(RUN) scripts/cook.py --profile $(call q,$(PROFILE)) --only $(call q,$(ONLY)) --data $(call q,$(DATA)) --set $(call q,$(SET)) \
	  $(if $(WRITE_BACK),--write-back) $(if $(STUDIES),--studies) $(ARGS)

new-recipe: $(STAMP)
	@$(RUN) scripts/new_recipe.py $(call q,$(NAME))

lab: $(STAMP)
	@$(RUN) -m jupyterlab --LabApp.default_url=/lab/tree/notebooks $(ARGS)

test: $(SITE)
	@$(RUN) scripts/check.py $(ARGS)

colab: $(STAMP)
	@$(RUN) scripts/colab.py $(if $(REPO),--repo $(call q,$(REPO))) $(ARGS)

site: $(SITE)
	@$(RUN) scripts/build_site.py $(if $(REPO),--repo $(call q,$(REPO))) $(ARGS)

bench: $(STAMP)
	@$(RUN) benchmarks/run.py --only $(call q,$(ONLY)) $(if $(TINY),--tiny) $(ARGS)

# What they need and what is not there, or older than the networks in build/models, is cooked first.
serve: $(STAMP)
	@$(RUN) scripts/ship.py --profile $(call q,$(PROFILE))
	@$(RUN) -m service $(ARGS)

demo: $(STAMP)
	@$(RUN) scripts/ship.py --profile $(call q,$(PROFILE)) --npm
	@$(RUN) scripts/build_demo.py $(ARGS)

scale: $(STAMP)
	@$(RUN) -c 'import jax' 2>/dev/null || \
	  $(RUN) -m pip install --disable-pip-version-check -r requirements-scale.txt -c constraints.txt
	@$(RUN) scripts/scale.py --processes $(call q,$(PROCESSES)) $(ARGS)

readme: $(STAMP)
	@$(RUN) scripts/readme.py

clean:
	rm -rf build
