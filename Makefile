# make run: the site on http://127.0.0.1:$(PORT).   make help: all there is.
.DEFAULT_GOAL := help
PYTHON ?= python3
PORT ?= 8000
BIN := .venv/bin
FLASK := $(BIN)/flask --app app
CODE := $(filter-out tests/ bench/,$(sort $(dir $(wildcard */*.py))))
# On a server, the release that runs: pages of it that are open still ask for its static files.
FORMER ?= ../../current
export ETRACKING_SITE_URL ?= http://127.0.0.1:$(PORT)

.PHONY: run test test-fast lint fmt bench install setup translations lock clean
.PHONY: help dev address database
.PHONY: supply-chain sbom advisories secrets mutants fuzz
.DELETE_ON_ERROR:

# The worker and a web server, $(1), with the settings of .env, until Ctrl-C or the end of the server.
define serve
@echo "eTracking: $(ETRACKING_SITE_URL)   mail and SMS: $(ETRACKING_SITE_URL)/dev/inbox"
@set -a; . ./.env; set +a; \
$(FLASK) notifications send & worker=$$!; \
$(1) & web=$$!; \
trap 'kill $$web $$worker 2>/dev/null' EXIT; trap 'exit 0' INT TERM; wait $$web
endef

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-14s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

run: install address database ## the site and its worker on http://127.0.0.1:8000, or another PORT=...; Ctrl-C ends both
	$(call serve,$(BIN)/gunicorn --bind 127.0.0.1:$(PORT) --workers 2 --worker-class gthread --threads 4 \
	    --no-control-socket --log-level warning 'app:create_app()')

dev: export FLASK_DEBUG = 1
dev: install address database ## the same to work on it: changes show at once, errors with their traceback
	$(call serve,$(FLASK) run --port $(PORT) --extra-files "$$(printf '%s:' translations/*/LC_MESSAGES/messages.mo)")

test: .setup/python-dev .setup/compressed .setup/voices .setup/translations ## the whole suite
	$(BIN)/pytest -n 2 --dist worksteal $(ARGS)

test-fast: .setup/python-dev .setup/compressed .setup/voices .setup/translations ## within 30 s: one case of each test, no browser, no PostgreSQL, nothing long
	$(BIN)/pytest -n 2 --dist worksteal --fast $(ARGS)

lint: .setup/python-dev ## style, types, translations
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

fmt: .setup/python-dev ## mend the style
	$(BIN)/ruff format --quiet .
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

supply-chain: sbom advisories secrets ## the next three

sbom: .setup/python-dev ## the bill of materials, .setup/sbom.cdx.json: all packages that are shipped
	@$(BIN)/python .ci/sbom.py

advisories: .setup/python-dev ## known vulnerabilities in what is pinned; says so if no database answers
	@$(BIN)/python .ci/advisories.py

secrets: .setup/python-dev ## keys and passwords in tracked files and recent commits
	@$(BIN)/python .ci/find_secrets.py

mutants: .setup/python-dev .setup/compressed .setup/voices .setup/translations ## take each countermeasure of docs/threats.md away and see its test fail
	PYTHONPATH=.:tests $(BIN)/python -m support.mutation $(ARGS)

fuzz: .setup/python-dev .setup/compressed .setup/voices .setup/translations ## the slow tests: the interface by its description, the parsers by whatever comes
	$(BIN)/pytest -m slow tests/fuzz $(ARGS)

bench: install .setup/python-dev ## bytes against their budgets; requests per second against a floor; pages at a million dossiers; a backlog
	$(BIN)/python -m bench.weight
	$(BIN)/python -m bench
	$(BIN)/python -m bench.registration
	$(BIN)/python -m bench.growth
	$(BIN)/python -m bench.disk
	$(BIN)/python -m bench.post_room
	$(BIN)/python -m bench.scan
	$(BIN)/python -m bench.outbox

install: .setup/python .setup/compressed .setup/voices .setup/translations ## all that a server needs; reads no settings, writes no database
	@$(BIN)/python -m compileall -q *.py $(CODE)
	@test ! -d $(FORMER)/.setup/static || test $(FORMER) -ef . || cp -au $(FORMER)/.setup/static/. .setup/static/

# The name of install until version 0.1.
setup: install

# The database of development, by the settings of .env.
database: install | .env
	@$(FLASK) db upgrade
	@$(FLASK) catalogue load || test $$? = 3 # a file with a fault was left out, and named: the site starts without it

.venv/bin/python:
	$(PYTHON) -m venv .venv

.setup/python: requirements.txt | .venv/bin/python
	@mkdir -p .setup
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@touch $@

.setup/python-dev: requirements.txt requirements-dev.txt | .venv/bin/python
	@mkdir -p .setup
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch .setup/python $@

# npm of the machine, else the one that comes as a wheel.
.setup/vendor: package.json package-lock.json | .venv/bin/python
	@mkdir -p .setup static/vendor paper/fonts
	@command -v npm >/dev/null || $(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-node.txt
	PATH="$$PATH:$(CURDIR)/$(BIN)" npm ci --loglevel=error
	cp node_modules/htmx.org/dist/htmx.min.js node_modules/altcha/dist/workers/pbkdf2.js static/vendor/
	cp node_modules/zxing-wasm/dist/iife/reader/index.js static/vendor/zxing.js
	cp node_modules/zxing-wasm/dist/reader/zxing_reader.wasm static/vendor/
	cp node_modules/@expo-google-fonts/noto-sans/400Regular/*.ttf node_modules/@expo-google-fonts/noto-sans/700Bold/*.ttf \
	   node_modules/@expo-google-fonts/noto-sans-symbols-2/400Regular/*.ttf paper/fonts/
	@touch $@

# Static files under names with a hash of their content, with what brotli and gzip make of them.
.setup/compressed: .setup/vendor $(shell find static -type f) web/static_files.py | .setup/python
	$(BIN)/python -m web.static_files
	@touch $@

.setup/voices: models/security/voices.py | .setup/python
	$(BIN)/python -c 'from commands.captcha import voices; voices()'
	@touch $@

# Each language is compiled if its file is missing or older than its sentences.
.setup/translations: $(patsubst %.po,%.mo,$(wildcard translations/*/LC_MESSAGES/messages.po))
	@touch $@

translations/%/LC_MESSAGES/messages.mo: translations/%/LC_MESSAGES/messages.po | .setup/python
	$(BIN)/pybabel --quiet compile --locale $* --input-file $< --output-file $@

# Development only: a secret of its own, keys for news on a device, and the inbox instead of real mail and SMS.
.env: | .setup/python
	@umask 077; { echo "ETRACKING_SECRET_KEY=$$($(PYTHON) -c 'import secrets; print(secrets.token_urlsafe(48))')"; \
	echo "ETRACKING_SITE_URL=\$${ETRACKING_SITE_URL:-$(ETRACKING_SITE_URL)}"; echo "ETRACKING_INBOX=true"; \
	echo "ETRACKING_STAFF_SECOND_FACTOR=false"; } > $@
	@$(FLASK) push keys >> $@

# `flask --app app ...` in another terminal reads .env: it prints links to the site that was started last.
address: | .env
	@umask 077; sed 's#^\(ETRACKING_SITE_URL=.*:-\)[^}]*}#\1$(ETRACKING_SITE_URL)}#' .env > .env.new && mv .env.new .env

translations: .setup/python ## collect new sentences into the catalogues; then translate them
	$(BIN)/pybabel --quiet extract --mapping translations/babel.cfg --no-location --sort-output --keywords _l \
	    --omit-header --output translations/messages.pot .
	for code in de fr lb; do $(BIN)/pybabel --quiet update --no-fuzzy-matching --ignore-obsolete \
	    --ignore-pot-creation-date --input-file translations/messages.pot --output-dir translations --locale $$code; done
	sed -i '/^"\(Project-Id\|Report-Msgid\|POT-Creation\|PO-Revision\|Last-Translator\|Language-Team\|Generated-By\)/d' \
	    translations/*/LC_MESSAGES/messages.po

lock: ## write the pinned versions anew; needs uv
	uv pip compile --quiet --universal --generate-hashes --no-header --python-version 3.11 pyproject.toml -o requirements.txt
	uv pip compile --quiet --universal --generate-hashes --no-header --python-version 3.11 --extra dev pyproject.toml -c requirements.txt -o requirements-dev.txt

clean: ## all that was installed, built and kept, the development database and .env included
	rm -rf .setup .venv node_modules static/vendor paper/fonts voices instance .env
