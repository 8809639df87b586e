# Names for what ./test and the tools do; nothing here needs make to be installed.
PYTHON = .venv/bin/python

.PHONY: help check fast test lab laws stories format bench catalogue rulekit manual translations screenshots wheel clean
.DEFAULT_GOAL = help

help: ## these lines
	@sed -n 's/^\([a-z]*\): .*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 10

check: ## format, lint, types, floors, tests: all that CI checks; as root installs the system packages for it
	@./test

fast: ## format, lint, types, floors, and the tests that a change breaks first: three minutes
	@./test fast

test: ## the tests alone
	@./test tests

lab: ## a real IPVS kernel judges every rule (root); N=500 SEED=word: that many random clusters; installs nothing
	@LVSDOCTOR_LAB_CLUSTERS=$(N) LVSDOCTOR_TEST_SEED=$(SEED) ./test tests/lab

laws: environment ## the laws of evidence over N=5000 drawn examples each
	@LVSDOCTOR_LAWS=$(or $(N),5000) $(PYTHON) -m pytest -q tests/laws

format: environment ## put every file into the house's format
	@$(PYTHON) -m ruff check --fix-only --quiet .
	@$(PYTHON) -m ruff format .

bench: environment ## how lvsdoctor starts (multiples of a bare Python) and grows with the cluster, what walks cost; fifty VIPs against one (root)
	@$(PYTHON) bench/startup.py
	@$(PYTHON) bench/scaling.py
	@PYTHONPATH=. $(PYTHON) bench/walking.py
	@PYTHONPATH=. $(PYTHON) bench/probing.py
	@$(PYTHON) bench/archives.py

stories: environment ## tests/fixtures/stories: whole clusters, captured anew in the lab (root)
	@$(PYTHON) -m tests.lab.stories

catalogue: environment ## docs/RULES.md and rules/index.json, from the rules and their pages
	@$(PYTHON) tools/catalogue.py

rulekit: environment ## docs/RULEKIT.md, what a rule may ask, and its stub for type checkers
	@$(PYTHON) tools/rulekit.py

manual: environment ## docs/lvsdoctor.1, from the options
	@$(PYTHON) tools/manual.py

translations: environment ## lvsdoctor/locale: what reports say in other languages, from the sources; lists what is missing or stale
	@$(PYTHON) tools/translations.py

screenshots: environment ## docs/screenshots: the HTML page and the terminal as they look (chromium)
	@$(PYTHON) -m tests.reports.screenshots
	@$(PYTHON) -m tests.reports.terminal_screenshots

wheel: environment ## dist/: the sdist, and the wheel built from it
	@rm -rf dist
	@$(PYTHON) -m build --no-isolation

clean: ## remove .venv, dist and the caches
	rm -rf .venv dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.PHONY: environment
environment:
	@tools/environment test
